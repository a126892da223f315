-- Gives events the places that corrections decided.
INSERT INTO sightline.object_events
SELECT * REPLACE (
    arrayElement({lives:Array(UInt8)}, indexOf({ids:Array(UUID)}, event_id)) = 1 AS live,
    arrayElement({seqs:Array(UInt64)}, indexOf({ids:Array(UUID)}, event_id)) AS seq,
    arrayElement({place_ids:Array(UUID)}, indexOf({ids:Array(UUID)}, event_id)) AS place_id,
    {version:UInt64} AS version
)
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )
    AND (event_id, content_hash) IN (
        SELECT
            event_id,
            argMin(content_hash, (received_at, content_hash))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
        GROUP BY event_id
    )

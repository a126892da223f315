-- Gives what events said of objects the places that corrections decided; those that have theirs already are left alone.
INSERT INTO sightline.object_state
SELECT * REPLACE (
    arrayElement({lives:Array(UInt8)}, indexOf({ids:Array(UUID)}, event_id)) = 1 AS live,
    arrayElement({seqs:Array(UInt64)}, indexOf({ids:Array(UUID)}, event_id)) AS seq,
    arrayElement({place_ids:Array(UUID)}, indexOf({ids:Array(UUID)}, event_id)) AS place_id,
    {version:UInt64} AS version
)
FROM sightline.object_state AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(state_types, state_ids))
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
    AND (
        held.live != (arrayElement({lives:Array(UInt8)}, indexOf({ids:Array(UUID)}, event_id)) = 1)
        OR held.seq != arrayElement({seqs:Array(UInt64)}, indexOf({ids:Array(UUID)}, event_id))
        OR held.place_id != arrayElement({place_ids:Array(UUID)}, indexOf({ids:Array(UUID)}, event_id))
    )

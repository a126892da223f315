-- Takes the later contents of conflicting identities off the timelines: the first arrival stands.
INSERT INTO sightline.object_events
SELECT * REPLACE (
    false AS live,
    {version:UInt64} AS version
)
FROM sightline.object_events AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND held.live
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )
    AND (event_id, content_hash) NOT IN (
        SELECT
            event_id,
            argMin(content_hash, (received_at, content_hash))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
        GROUP BY event_id
    )

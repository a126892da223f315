-- Takes the later contents of conflicting identities off what is known of objects: the first arrival stands.
INSERT INTO sightline.object_state
SELECT * REPLACE (
    false AS live,
    {version:UInt64} AS version
)
FROM sightline.object_state AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND held.live
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(state_types, state_ids))
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

-- Takes back what the later contents of conflicting identities said of objects that the first did not name.
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
    AND (event_id, object_type, object_id, name) NOT IN (
        SELECT
            event_id,
            state.1,
            state.2,
            state.3
        FROM (
            SELECT
                event_id,
                argMin(arrayZip(state_types, state_ids, state_names), (received_at, content_hash)) AS states
            FROM sightline.events
            WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
            GROUP BY event_id
        )
        ARRAY JOIN states AS state
    )

INSERT INTO sightline.object_state
SELECT * REPLACE (
    arrayElement({lives:Array(UInt8)}, indexOf({ids:Array(UUID)}, event_id)) = 1 AS live,
    {version:UInt64} AS version
)
FROM sightline.object_state FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(state_types, state_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )

-- Object types of which events came and no trace is computed yet.
SELECT DISTINCT object_type AS type
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    -- Mostly there is none, and then nothing has to be merged.
    AND object_type IN (
        SELECT DISTINCT object_type
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String}
            AND object_type NOT IN {known:Array(String)}
    )
    AND live
    AND is_step
ORDER BY type

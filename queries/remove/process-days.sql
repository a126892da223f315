-- Counts the days anew that objects which go began on, without them.
INSERT INTO sightline.process_days
SELECT
    {tenant_id:String} AS tenant_id,
    object_type,
    started_day,
    countIf(stays) AS objects,
    sumIf(trace_steps, stays) AS steps,
    toUnixTimestamp64Micro(now64(6, 'UTC')) AS version
FROM (
    SELECT
        object_type,
        started_day,
        length(activities) AS trace_steps,
        (object_type, object_id) NOT IN (
            -- include shared/listed-keys
        ) AS stays
    FROM sightline.process_traces FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (object_type, started_day) IN (
            SELECT
                object_type,
                started_day
            FROM sightline.process_traces
            WHERE tenant_id = {tenant_id:String}
                AND (object_type, object_id) IN (
                    -- include shared/listed-keys
                )
        )
)
GROUP BY
    object_type,
    started_day

-- Counts the days anew that objects of the scope came to or left.
INSERT INTO sightline.process_days
SELECT
    {tenant_id:String} AS tenant_id,
    object_type,
    started_day,
    countIf(in_store) AS objects,
    sum(trace_steps) AS steps,
    {version:UInt64} AS version
FROM (
    SELECT DISTINCT
        object_type,
        started_day
    FROM sightline.process_traces
    WHERE tenant_id = {tenant_id:String}
        AND object_id IN (
            SELECT object_id
            FROM sightline.derive_scope
            WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
        )
        AND version > {published:UInt64}
) AS days
LEFT JOIN (
    SELECT
        object_type,
        started_day,
        length(activities) AS trace_steps,
        true AS in_store
    FROM sightline.process_traces FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (object_type, started_day) IN (
            SELECT
                object_type,
                started_day
            FROM sightline.process_traces
            WHERE tenant_id = {tenant_id:String}
                AND object_id IN (
                    SELECT object_id
                    FROM sightline.derive_scope
                    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
                )
                AND version > {published:UInt64}
        )
) AS traces USING (object_type, started_day)
GROUP BY
    object_type,
    started_day

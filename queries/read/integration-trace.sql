-- The spans of one trace, each once, the earliest first.
SELECT
    -- include shared/call-columns
FROM (
    SELECT *
    FROM sightline.integration_calls
    WHERE tenant_id = {tenant_id:String}
        AND trace_id = {trace:String}
        AND toStartOfHour(started_at) IN (
            SELECT hour
            FROM sightline.trace_hours
            WHERE tenant_id = {tenant_id:String}
                AND trace_id = {trace:String}
        )
    ORDER BY started_at, span_id, first_arrival DESC
    LIMIT 1 BY span_id
    LIMIT {limit:UInt32}
)
ORDER BY started_at, span_id

-- The calls of one run of a workflow in order of start.
SELECT
    -- include shared/call-columns
FROM (
    SELECT *
    FROM sightline.integration_calls
    WHERE tenant_id = {tenant_id:String}
        AND workflow_run = {run:String}
        AND started_at >= {from:DateTime64(6, 'UTC')}
        AND started_at < {to:DateTime64(6, 'UTC')}
    ORDER BY started_at, trace_id, span_id, first_arrival DESC
    LIMIT 1 BY trace_id, span_id
    LIMIT {limit:UInt32}
)
ORDER BY started_at, trace_id, span_id

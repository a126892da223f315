-- The calls of one run of a workflow in order of start.
SELECT
    trace_id,
    span_id,
    parent_span_id,
    started_at,
    duration_ms,
    system,
    system_class,
    reporter,
    kind,
    span_kind,
    operation,
    status,
    status_code,
    error_type,
    message,
    attempt,
    class,
    category,
    reaction,
    workflow,
    workflow_run,
    queue,
    object_types,
    object_ids,
    attributes
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

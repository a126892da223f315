-- The spans of one trace, each once, the earliest first.
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
        AND trace_id = {trace:String}
    ORDER BY started_at, span_id, first_arrival DESC
    LIMIT 1 BY span_id
    LIMIT {limit:UInt32}
)
ORDER BY started_at, span_id

-- One system: what its calls did in a window as a whole, by bucket, by operation, and what went wrong by kind of error, in one reading (`cut`
-- tells which). What counts as a call is told in shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    multiIf(grouping(of_bucket) = 0, 'bucket', grouping(of_operation) = 0, 'operation', grouping(of_status) = 0, 'error', 'whole') AS cut,
    cut = 'whole' AS is_whole,
    of_bucket AS bucket,
    of_kind,
    of_operation,
    of_class,
    of_category,
    of_status,
    of_status_code,
    of_error_type,
    any(system) AS system,
    argMax(tuple(message, trace_id, span_id), (started_at, trace_id, span_id)) AS last,
    count() AS told,
    -- include shared/system-figures
FROM (
    SELECT
        *,
        kind AS of_kind,
        operation AS of_operation,
        class AS of_class,
        category AS of_category,
        status AS of_status,
        status_code AS of_status_code,
        error_type AS of_error_type,
        is_call AND (status != 'ok' OR class != 'none') AS is_error
    FROM (
        -- include shared/calls-by-bucket
    )
)
GROUP BY GROUPING SETS (
    (),
    (of_bucket),
    (is_call, of_kind, of_operation),
    (is_error, of_class, of_category, of_status, of_status_code, of_error_type)
)
HAVING multiIf(cut = 'whole', told > 0, cut = 'bucket', calls > 0, cut = 'operation', is_call, is_error)
ORDER BY
    cut,
    bucket,
    if(cut = 'operation', technical, 0) DESC,
    calls DESC,
    last_at DESC,
    of_operation
LIMIT {limit:UInt32} BY cut

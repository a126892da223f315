-- What went wrong in the calls of a system, by kind of error; what counts as a call is told in shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    class,
    category,
    status,
    status_code,
    error_type,
    argMax(tuple(message, trace_id, span_id), (started_at, trace_id, span_id)) AS last,
    count() AS calls,
    uniqExactArray(arrayMap((type, id) -> (type, id), object_types, object_ids)) AS documents,
    min(started_at) AS first_at,
    max(started_at) AS last_at
FROM reported
WHERE is_call
    AND (status != 'ok' OR class != 'none')
GROUP BY
    class,
    category,
    status,
    status_code,
    error_type
ORDER BY calls DESC, last_at DESC
LIMIT 100

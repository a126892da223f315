-- How many documents each system blocks: those whose last call of an operation failed technically. What counts as a call is told in
-- shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    system,
    uniqExact(object_type, object_id) AS documents
FROM (
    SELECT
        system,
        object_type,
        object_id,
        argMax(class, (started_at, trace_id, span_id)) AS last_class
    -- include shared/failed-documents
    GROUP BY
        system,
        operation,
        object_type,
        object_id
)
WHERE last_class = 'technical'
GROUP BY system

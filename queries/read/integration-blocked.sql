-- Documents whose last call of an operation of a system failed technically, and how many they are; what counts as a call is told in shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    type,
    id,
    operation,
    arrayMin(arrayFilter(at -> at > last_good, failed_at)) AS since,
    arrayMax(failed_at) AS last_at,
    arrayCount(at -> at > last_good, failed_at) AS failures,
    tupleElement(last, 2) AS message,
    tupleElement(last, 3) AS trace_id,
    uniqExact(type, id) OVER () AS documents
FROM (
    SELECT
        object_type AS type,
        object_id AS id,
        operation,
        argMax(tuple(class, message, reported.trace_id), (started_at, reported.trace_id, span_id)) AS last,
        groupArrayIf(started_at, class = 'technical') AS failed_at,
        maxIf(started_at, class != 'technical') AS last_good
    -- include shared/failed-documents
    GROUP BY
        object_type,
        object_id,
        operation
)
WHERE tupleElement(last, 1) = 'technical'
ORDER BY since, type, id
LIMIT 200

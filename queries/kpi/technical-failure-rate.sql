-- title: Technical failure rate
-- unit: ratio
-- better: lower
-- topic: technology
-- overview: yes
-- grain: operation
-- documents: all
-- cohort: last attempt
-- calendar: none
-- definition: Operations whose last attempt failed technically, divided by operations with a result. An operation that a
--   later retry heals did not fail; one whose last attempt failed counts as failed until a retry succeeds. A business verdict
--   is a result, not a failure. Open: attempted, no result yet.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    operation_id AS subject_id,
    countIf(is_result) > 0 AS counted,
    argMaxIf(class, (occurred_at, seq, place_id), is_result) AS last_class,
    if(counted, maxIf(occurred_at, is_result), max(occurred_at)) AS cohort_at,
    NOT counted AS open,
    '' AS reason,
    counted AND last_class = 'technical' AS value,
    1 AS weight,
    -- include shared/facets
FROM (
    SELECT
        *,
        class != 'none' OR (activity NOT IN ('operation.attempted', 'operation.abandoned') AND lifecycle NOT IN ('scheduled', 'started')) AS is_result
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND operation_id != ''
        AND leads
)
GROUP BY object_type, object_id, operation_id

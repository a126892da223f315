-- title: Retry amplification
-- unit: factor
-- better: lower
-- topic: technology
-- grain: operation
-- documents: all
-- cohort: first attempt
-- calendar: none
-- definition: Attempts divided by operations: 1 where nothing is ever tried twice. An operation counts on the document that it is
--   about; one without a numbered attempt counts as tried once. Open: attempted, no result yet.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    operation_id AS subject_id,
    min(occurred_at) AS cohort_at,
    true AS counted,
    countIf(
        class != 'none'
        OR (activity NOT IN ('operation.attempted', 'operation.abandoned') AND lifecycle NOT IN ('scheduled', 'started'))
    ) = 0 AS open,
    '' AS reason,
    greatest(max(attempt), uniqExact(attempt)) AS value,
    1 AS weight,
    -- include shared/facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND operation_id != ''
    AND leads
GROUP BY object_type, object_id, operation_id

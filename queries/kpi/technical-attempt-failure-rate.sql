-- title: Failed attempts
-- unit: ratio
-- better: lower
-- topic: technology
-- overview: yes
-- grain: attempt of an operation
-- documents: all
-- cohort: attempt
-- calendar: none
-- definition: Attempts that failed technically, divided by attempts with a result; an attempt is an operation id with its
--   attempt number, and failed attempts that a retry heals count. Open: attempted, no result yet.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    concat(operation_id, ' ', toString(attempt)) AS subject_id,
    countIf(class = 'technical') > 0 AS failed,
    countIf(
        class != 'none'
        OR (activity NOT IN ('operation.attempted', 'operation.abandoned') AND lifecycle NOT IN ('scheduled', 'started'))
    ) > 0 AS counted,
    NOT counted AS open,
    '' AS reason,
    min(occurred_at) AS cohort_at,
    counted AND failed AS value,
    1 AS weight,
    -- include shared/facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND operation_id != ''
    AND leads
GROUP BY object_type, object_id, operation_id, attempt

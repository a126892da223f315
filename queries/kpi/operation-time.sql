-- title: Operation time
-- unit: s
-- better: lower
-- topic: technology
-- grain: operation
-- documents: all
-- cohort: first attempt
-- calendar: elapsed
-- definition: First attempt of an operation to its success, elapsed time, retries and the waits between them among it.
--   Operations of which only the result is known are left out, and so are those that failed. Open: attempted, no result yet.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    operation_id AS subject_id,
    min(occurred_at) AS cohort_at,
    countIf(is_result AND class = 'none') > 0 AS succeeded,
    minIf(occurred_at, is_result AND class = 'none') AS succeeded_at,
    count() > 1 AS begun,
    succeeded AND begun AS counted,
    countIf(is_result) = 0 AS open,
    multiIf(counted OR open, '', succeeded, 'only its result is known', 'failed') AS reason,
    if(counted, (toUnixTimestamp64Micro(succeeded_at) - toUnixTimestamp64Micro(cohort_at)) / 1e6, 0) AS value,
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

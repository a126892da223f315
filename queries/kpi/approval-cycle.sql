-- title: Approval cycle
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: approval
-- documents: approval
-- reads: approval
-- cohort: decided; while undecided, requested
-- calendar: elapsed
-- definition: First decision minus first request of an approval, elapsed time. Approvals that run backwards are left out.
--   Open: requested and not decided.
-- benchmark: invoice approval: leaders 22.1 h (Coupa 2018)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'approval.requested') AS requested_at,
    minIf(occurred_at, activity = 'approval.decided') AS decided_at,
    countIf(activity = 'approval.decided') > 0 AS decided,
    if(decided, decided_at, requested_at) AS cohort_at,
    toUnixTimestamp64Micro(decided_at) - toUnixTimestamp64Micro(requested_at) AS cycle_us,
    decided AND cycle_us >= 0 AS counted,
    NOT decided AS open,
    if(decided AND cycle_us < 0, 'runs backwards', '') AS reason,
    if(counted, cycle_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'approval'
GROUP BY object_type, object_id
HAVING countIf(activity = 'approval.requested') > 0

-- title: Supplier onboarding lead time
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: onboarding
-- documents: onboarding
-- reads: onboarding
-- cohort: first requested
-- calendar: elapsed
-- aggregate: kaplan-meier
-- definition: Request to the first instant at which the supplier is transactable, elapsed time, by Kaplan and Meier: open
--   onboardings count with the time they have waited so far, rejected and withdrawn ones up to their end. Value: by when half
--   are transactable (where exactly half are for a while, the middle of that while); p90: by when nine in ten are; undefined
--   while too few have got there. n: transactable. Open: requested and neither transactable, rejected nor withdrawn.
-- benchmark: none
-- minimum_n: 10
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'onboarding.requested') AS cohort_at,
    countIf(activity = 'onboarding.transactable') > 0 AS counted,
    countIf(activity IN ('onboarding.rejected', 'onboarding.withdrawn')) > 0 AND NOT counted AS dropped,
    NOT counted AND NOT dropped AS open,
    if(
        counted,
        minIf(occurred_at, activity = 'onboarding.transactable'),
        maxIf(occurred_at, activity IN ('onboarding.rejected', 'onboarding.withdrawn'))
    ) AS ended_at,
    if(dropped, 'rejected or withdrawn: counts up to its end', '') AS reason,
    if(open, 0, (toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(cohort_at)) / 1e6) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'onboarding'
GROUP BY object_type, object_id
HAVING countIf(activity = 'onboarding.requested') > 0

-- title: Approval, time of work
-- unit: s
-- better: lower
-- topic: cycle time
-- grain: approval
-- documents: approval
-- reads: approval
-- cohort: decided; while undecided, requested
-- calendar: elapsed
-- definition: Time between the start and the end of the work on an approval, where its source tells both (a start with the
--   decision that completes it), summed, elapsed time. Approvals without a start are left out. Open: requested and not decided.
-- benchmark: none
-- minimum_n: 20
SELECT
    'approval' AS document_type,
    approval_id AS document_id,
    approval_id AS subject_id,
    decided,
    if(decided, decided_at, requested_at) AS cohort_at,
    decided AND notEmpty(pieces) AND arrayAll(piece -> piece >= 0, pieces) AS counted,
    NOT decided AS open,
    multiIf(counted OR open, '', empty(pieces), 'no start of the work is known', 'runs backwards') AS reason,
    if(counted, arraySum(pieces) / 1e6, 0) AS value,
    1 AS weight,
    facets
FROM (
    SELECT
        object_id AS approval_id,
        minIf(occurred_at, activity = 'approval.requested') AS requested_at,
        minIf(occurred_at, activity = 'approval.decided' AND lifecycle != 'started') AS decided_at,
        countIf(activity = 'approval.decided' AND lifecycle != 'started') > 0 AS decided,
        groupArray((event_id, occurred_at)) AS instants,
        arrayMap(
            done -> toUnixTimestamp64Micro(done.2) - toUnixTimestamp64Micro(arrayFirst(one -> one.1 = done.1, instants).2),
            arrayFilter(
                done -> arrayExists(one -> one.1 = done.1, instants),
                groupArrayIf((assumeNotNull(completes_id), occurred_at), completes_id IS NOT NULL)
            )
        ) AS pieces,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'approval'
    GROUP BY object_id
    HAVING countIf(activity IN ('approval.requested', 'approval.decided')) > 0
)

-- title: Requisitions approved without a person
-- unit: ratio
-- better: higher
-- topic: quality
-- grain: requisition
-- documents: requisition
-- reads: requisition
-- cohort: approved; while not approved, submitted
-- calendar: none
-- definition: Approved requisitions without an event by a human after their submission up to their approval, divided by approved
--   requisitions. Requisitions of which no event says who acted are left out. Open: submitted and neither approved nor rejected,
--   withdrawn or cancelled.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'requisition.submitted') AS started_at,
    minIf(occurred_at, activity = 'requisition.approved') AS ended_at,
    countIf(activity = 'requisition.approved') > 0 AS ended,
    countIf(activity IN ('requisition.rejected', 'requisition.withdrawn', 'requisition.cancelled')) > 0 AS dropped,
    if(ended, ended_at, started_at) AS cohort_at,
    arrayExists(
        at -> at > started_at AND at <= ended_at,
        groupArrayIf(occurred_at, actor_kind = 'human' AND activity != 'requisition.submitted')
    ) AS touched,
    countIf(actor_kind != '') > 0 AS told,
    ended AND told AS counted,
    NOT ended AND NOT dropped AS open,
    multiIf(counted OR open, '', ended, 'no event of it says who acted', 'rejected, withdrawn or cancelled') AS reason,
    counted AND NOT touched AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'requisition'
GROUP BY object_type, object_id
HAVING countIf(activity IN ('requisition.submitted', 'requisition.approved')) > 0

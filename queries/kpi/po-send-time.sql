-- title: Order: approval to sending
-- unit: s
-- better: lower
-- topic: cycle time
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order
-- cohort: created
-- calendar: elapsed
-- definition: First sending of an order minus its approval (where none is known: its creation), elapsed time. Orders that were
--   confirmed without a sending are left out, and so are those that run backwards. Open: created and neither sent, rejected,
--   cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'po.created') AS cohort_at,
    countIf(activity = 'po.approved') > 0 AS approved,
    if(approved, minIf(occurred_at, activity = 'po.approved'), cohort_at) AS started_at,
    true AS started,
    minIf(occurred_at, activity = 'po.sent') AS ended_at,
    countIf(activity = 'po.sent') > 0 AS ended,
    countIf(activity = 'po.confirmed') > 0 AS passed,
    countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
    toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at) AS time_us,
    started AND ended AND time_us >= 0 AS counted,
    NOT ended AND NOT passed AND NOT dropped AS open,
    multiIf(counted OR open, '', ended, 'runs backwards', passed, 'no sending is known', 'rejected, cancelled or closed') AS reason,
    if(counted, time_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'purchase_order'
GROUP BY object_type, object_id
HAVING countIf(activity = 'po.created') > 0

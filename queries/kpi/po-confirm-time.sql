-- title: Order: sending to confirmation
-- unit: s
-- better: lower
-- topic: cycle time
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order
-- cohort: created
-- calendar: elapsed
-- definition: First confirmation of an order minus its first sending, elapsed time. Orders confirmed without a sending are left
--   out, and so are those that run backwards. Open: created and neither confirmed, rejected, cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'po.created') AS cohort_at,
    minIf(occurred_at, activity = 'po.sent') AS started_at,
    countIf(activity = 'po.sent') > 0 AS started,
    minIf(occurred_at, activity = 'po.confirmed') AS ended_at,
    countIf(activity = 'po.confirmed') > 0 AS ended,
    false AS passed,
    countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
    toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at) AS time_us,
    started AND ended AND time_us >= 0 AS counted,
    NOT ended AND NOT passed AND NOT dropped AS open,
    multiIf(counted OR open, '', ended, if(started, 'runs backwards', 'no sending is known'), passed, '', 'rejected, cancelled or closed') AS reason,
    if(counted, time_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'purchase_order'
GROUP BY object_type, object_id
HAVING countIf(activity = 'po.created') > 0

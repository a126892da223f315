-- title: Purchase order cycle
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order
-- cohort: created
-- calendar: elapsed
-- definition: First sending or confirmation of an order, whichever is earlier, minus its creation, elapsed time. Orders that
--   run backwards are left out. Open: created and neither sent, confirmed, rejected, cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'po.created') AS cohort_at,
    minIf(occurred_at, activity IN ('po.sent', 'po.confirmed')) AS sent_at,
    countIf(activity IN ('po.sent', 'po.confirmed')) > 0 AS sent,
    countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
    toUnixTimestamp64Micro(sent_at) - toUnixTimestamp64Micro(cohort_at) AS cycle_us,
    sent AND cycle_us >= 0 AS counted,
    NOT sent AND NOT dropped AS open,
    multiIf(counted OR open, '', sent, 'runs backwards', 'rejected, cancelled or closed') AS reason,
    if(counted, cycle_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'purchase_order'
GROUP BY object_type, object_id
HAVING countIf(activity = 'po.created') > 0

-- title: Invoices matched to an order
-- unit: ratio
-- better: higher
-- topic: quality
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: posted; while not posted, received
-- calendar: none
-- definition: Posted invoices that were matched to a purchase order, divided by posted invoices. Open: received and neither
--   posted nor rejected, cancelled or credited.
-- benchmark: median 85 % (APQC)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    countIf(activity = 'invoice.posted') > 0 AS counted,
    countIf(activity = 'invoice.matched') > 0 AS matched,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
    if(counted, minIf(occurred_at, activity = 'invoice.posted'), minIf(occurred_at, activity = 'invoice.received')) AS cohort_at,
    NOT counted AND NOT dropped AS open,
    if(counted OR open, '', 'rejected, cancelled or credited') AS reason,
    counted AND matched AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity IN ('invoice.received', 'invoice.posted')) > 0

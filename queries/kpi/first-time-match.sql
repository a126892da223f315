-- title: First-time match rate
-- unit: ratio
-- better: higher
-- topic: quality
-- overview: yes
-- grain: invoice with a purchase order
-- documents: invoice
-- reads: invoice
-- cohort: first match verdict; while there is none, first match started
-- calendar: none
-- definition: Invoices that were matched and never mismatched nor corrected, divided by invoices with a match verdict. A
--   failed call without a verdict is none. Open: matching started, no verdict, and neither rejected nor cancelled.
-- benchmark: leaders 95 % (Coupa 2018)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    countIf(activity IN ('invoice.matched', 'invoice.mismatched')) > 0 AS counted,
    countIf(activity IN ('invoice.mismatched', 'corrected')) = 0 AS clean,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled')) > 0 AS dropped,
    if(
        counted,
        minIf(occurred_at, activity IN ('invoice.matched', 'invoice.mismatched')),
        minIf(occurred_at, activity = 'invoice.match_started')
    ) AS cohort_at,
    NOT counted AND NOT dropped AS open,
    if(counted OR open, '', 'rejected or cancelled') AS reason,
    counted AND clean AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity IN ('invoice.matched', 'invoice.mismatched', 'invoice.match_started')) > 0

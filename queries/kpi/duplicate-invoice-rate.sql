-- title: Duplicate invoices
-- unit: ratio
-- better: lower
-- topic: quality
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: received
-- calendar: none
-- definition: Received invoices found to be a duplicate (business exception or verdict of category duplicate), divided by
--   received invoices. Open: received and neither found a duplicate nor posted, rejected, cancelled or credited.
-- benchmark: best 0.8 %, worst 2 % of disbursements (APQC 2020)
-- minimum_n: 100
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'invoice.received') AS cohort_at,
    countIf(class = 'business' AND category = 'duplicate') > 0 AS duplicate,
    countIf(activity IN ('invoice.posted', 'invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS ended,
    1 AS counted,
    NOT duplicate AND NOT ended AS open,
    '' AS reason,
    duplicate AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity = 'invoice.received') > 0

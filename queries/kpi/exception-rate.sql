-- title: Business exception rate
-- unit: ratio
-- better: lower
-- topic: quality
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: finished (first posted or paid, else last rejected, cancelled or credited); while unfinished, received
-- calendar: none
-- definition: Finished invoices with at least one business exception, divided by finished invoices. An exception is one that
--   a source raises by id; of a source that names none, a business verdict is one, policy violations apart. Technical
--   failures and what they cause never count. Open: received and not finished.
-- benchmark: best 10.1 %, average 22.6 % (Ardent 2019)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    countIf(activity IN ('invoice.posted', 'payment.transmitted', 'payment.cleared')) > 0 AS processed,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
    processed OR dropped AS counted,
    NOT counted AS open,
    '' AS reason,
    multiIf(
        processed, minIf(occurred_at, activity IN ('invoice.posted', 'payment.transmitted', 'payment.cleared')),
        dropped, maxIf(occurred_at, activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')),
        minIf(occurred_at, activity = 'invoice.received')
    ) AS cohort_at,
    countIf(class = 'technical' AND exception_state = 'raised' AND exception_caused_by != '') > 0 AS suppressed,
    countIf(class = 'business' AND exception_state = 'raised') > 0 AS raised,
    countIf(
        class = 'business'
        AND exception_id = ''
        AND activity != 'policy.violated'
        AND source NOT IN (SELECT source FROM sightline.source_traits WHERE tenant_id = {tenant_id:String} AND trait = 'raises_exceptions')
    ) > 0 AS judged,
    counted AND (raised OR (judged AND NOT suppressed)) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING counted OR countIf(activity = 'invoice.received') > 0

-- title: Business exceptions of orders
-- unit: ratio
-- better: lower
-- topic: quality
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order
-- cohort: finished (first closed, else last rejected or cancelled); while unfinished, created
-- calendar: none
-- definition: Finished documents with at least one business exception, divided by finished documents. An exception is one that
--   a source raises by id; of a source that names none, a business verdict is one, policy violations apart. Technical
--   failures and what they cause never count. Open: begun and not finished.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    countIf(activity IN ('po.closed')) > 0 AS processed,
    countIf(activity IN ('po.rejected', 'po.cancelled')) > 0 AS dropped,
    processed OR dropped AS counted,
    NOT counted AS open,
    '' AS reason,
    multiIf(
        processed, minIf(occurred_at, activity IN ('po.closed')),
        dropped, maxIf(occurred_at, activity IN ('po.rejected', 'po.cancelled')),
        minIf(occurred_at, activity IN ('po.created'))
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
    AND object_type = 'purchase_order'
GROUP BY object_type, object_id
HAVING counted OR countIf(activity IN ('po.created')) > 0

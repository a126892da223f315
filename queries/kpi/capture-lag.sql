-- title: Capture lag
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: received
-- calendar: elapsed
-- definition: First capture minus first receipt of an invoice, elapsed time; where capture has a start and an end, the start
--   counts. Invoices that run backwards are left out. Open: received and neither captured nor rejected or cancelled.
-- benchmark: median 12 h (APQC)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'invoice.received') AS cohort_at,
    minIf(occurred_at, activity = 'invoice.captured') AS captured_at,
    countIf(activity = 'invoice.captured') > 0 AS captured,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled')) > 0 AS dropped,
    toUnixTimestamp64Micro(captured_at) - toUnixTimestamp64Micro(cohort_at) AS lag_us,
    captured AND lag_us >= 0 AS counted,
    NOT captured AND NOT dropped AS open,
    multiIf(counted OR open, '', captured, 'runs backwards', 'rejected or cancelled') AS reason,
    if(counted, lag_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity = 'invoice.received') > 0

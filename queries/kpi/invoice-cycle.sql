-- title: Invoice cycle
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: received
-- calendar: elapsed
-- definition: First receipt of an invoice to its approval and the proposal of its payment, the later of the two, elapsed
--   time. An invoice for which no approval was ever asked or given is done with the proposal. Invoices that run backwards are
--   left out. Open: received and neither done nor rejected, cancelled or credited.
-- benchmark: leaders 2.9 d, average 8.3 d (Ardent 2019); average 9.2 d (2024); 3.1 and 17.4 d (2025): the definitions differ
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'invoice.received') AS cohort_at,
    minIf(occurred_at, activity = 'invoice.approved') AS approved_at,
    minIf(occurred_at, activity = 'payment.proposed') AS proposed_at,
    countIf(activity = 'invoice.approved') > 0 AS approved,
    countIf(activity IN ('invoice.approval_requested', 'approval.requested')) > 0 AS asked,
    countIf(activity = 'payment.proposed') > 0 AND (approved OR NOT asked) AS done,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
    toUnixTimestamp64Micro(if(approved, greatest(approved_at, proposed_at), proposed_at)) - toUnixTimestamp64Micro(cohort_at) AS cycle_us,
    done AND cycle_us >= 0 AS counted,
    NOT done AND NOT dropped AS open,
    multiIf(counted OR open, '', done, 'runs backwards', 'rejected, cancelled or credited') AS reason,
    if(counted, cycle_us / 1e6, 0) AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity = 'invoice.received') > 0

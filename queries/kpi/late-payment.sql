-- title: Late payment
-- unit: ratio
-- better: lower
-- topic: money
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: due
-- calendar: none
-- definition: Invoices whose payment cleared (where no clearing is known: was transmitted) after the due date, divided by
--   paid invoices. The due date is the latest that an event of the invoice states. Open: overdue now and unpaid, without
--   rejected, cancelled and credited ones.
-- benchmark: median 4 % late (APQC, second-hand)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    assumeNotNull(
        argMaxIf(due_at, (occurred_at, seq, place_id), due_at IS NOT NULL AND startsWith(activity, 'invoice.'))
    ) AS cohort_at,
    countIf(activity = 'payment.cleared') > 0 AS cleared,
    countIf(activity = 'payment.transmitted') > 0 OR cleared AS counted,
    if(
        cleared,
        minIf(occurred_at, activity = 'payment.cleared'),
        minIf(occurred_at, activity = 'payment.transmitted')
    ) AS paid_at,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
    NOT counted AND NOT dropped AS open,
    if(counted OR open, '', 'rejected, cancelled or credited') AS reason,
    counted AND paid_at > cohort_at AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(due_at IS NOT NULL AND startsWith(activity, 'invoice.')) > 0

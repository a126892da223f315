-- title: Late payment by value
-- unit: ratio
-- better: lower
-- topic: money
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: due
-- calendar: none
-- needs: value_assumptions
-- definition: Value of the invoices whose payment cleared (where no clearing is known: was transmitted) after the due date, divided by
--   the value of paid invoices. Amounts are converted at the rate of the invoice's
--   first day into the reporting currency; those without a rate or an amount are left out. Open: overdue and
--   unpaid.
-- benchmark: none
-- minimum_n: 20
SELECT
    'invoice' AS document_type,
    invoice_id AS document_id,
    invoice_id AS subject_id,
    cohort_at,
    if(dated_at < rates.valid_to, rates.rate, 0) AS rate,
    paid AND billed > 0 AND rate > 0 AS counted,
    NOT paid AND NOT dropped AS open,
    multiIf(counted OR open, '', NOT (paid), 'rejected, cancelled or credited', billed = 0, 'no amount', 'no rate') AS reason,
    if(counted, billed * rate * (paid_at > cohort_at), 0) AS value,
    if(counted, billed * rate, 0) AS weight,
    facets
FROM (
    SELECT
        object_id AS invoice_id,
        min(occurred_at) AS dated_at,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')), 0)) AS billed,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')) AS billed_currency,
        assumeNotNull(
            argMaxIf(due_at, (occurred_at, seq, place_id), due_at IS NOT NULL AND startsWith(activity, 'invoice.'))
        ) AS cohort_at,
        countIf(activity = 'payment.cleared') > 0 AS cleared,
        countIf(activity = 'payment.transmitted') > 0 OR cleared AS paid,
        if(
            cleared,
            minIf(occurred_at, activity = 'payment.cleared'),
            minIf(occurred_at, activity = 'payment.transmitted')
        ) AS paid_at,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
    GROUP BY object_id
    HAVING countIf(due_at IS NOT NULL AND startsWith(activity, 'invoice.')) > 0
) AS invoices
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = invoices.billed_currency AND rates.valid_from <= invoices.dated_at

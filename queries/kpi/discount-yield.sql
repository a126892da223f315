-- title: Return of discounts taken
-- unit: ratio
-- range: unbounded
-- better: higher
-- topic: money
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: end of the discount
-- calendar: none
-- needs: value_assumptions
-- definition: What paying early earned, as a yearly return: d / (1 - d) x 365 / days that the payment came before the due date, weighted
--   by the value of the invoices whose discount was taken. Amounts are converted at the rate of the invoice's
--   first day into the reporting currency; those without a rate or an amount are left out. Those without a due date are left out, too. Open: unpaid.
-- benchmark: none
-- minimum_n: 5
SELECT
    'invoice' AS document_type,
    invoice_id AS document_id,
    invoice_id AS subject_id,
    cohort_at,
    if(dated_at < rates.valid_to, rates.rate, 0) AS rate,
    (taken AND terms.3 > paid_at) AND billed > 0 AND rate > 0 AS counted,
    NOT paid AND NOT dropped AS open,
    multiIf(counted OR open, '', NOT ((taken AND terms.3 > paid_at)), multiIf(dropped, 'rejected, cancelled or credited', taken, 'no due date after the payment', 'not taken'), billed = 0, 'no amount', 'no rate') AS reason,
    if(counted, billed * rate * granted / (1 - granted) * 365 / ((toUnixTimestamp64Micro(assumeNotNull(terms.3)) - toUnixTimestamp64Micro(paid_at)) / 86400e6), 0) AS value,
    if(counted, billed * rate, 0) AS weight,
    facets
FROM (
    SELECT
        object_id AS invoice_id,
        min(occurred_at) AS dated_at,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')), 0)) AS billed,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')) AS billed_currency,
        argMaxIf(
            (discount, discount_until, due_at),
            (occurred_at, seq, place_id),
            discount > 0 AND discount_until IS NOT NULL AND startsWith(activity, 'invoice.')
        ) AS terms,
        assumeNotNull(terms.1) AS granted,
        assumeNotNull(terms.2) AS cohort_at,
        countIf(activity IN ('payment.transmitted', 'payment.cleared')) > 0 AS paid,
        minIf(occurred_at, activity IN ('payment.transmitted', 'payment.cleared')) AS paid_at,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND activity IN ('payment.transmitted', 'payment.cleared')), 0)) AS paid_amount,
        paid AND paid_at <= cohort_at AND NOT (paid_amount > billed * (1 - granted / 2) AND paid_amount <= billed * 1.0001) AS taken,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
    GROUP BY object_id
    HAVING countIf(discount > 0 AND discount_until IS NOT NULL AND startsWith(activity, 'invoice.')) > 0
) AS invoices
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = invoices.billed_currency AND rates.valid_from <= invoices.dated_at

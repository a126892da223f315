-- title: Early-payment discounts taken
-- unit: ratio
-- better: higher
-- topic: money
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: end of the discount
-- calendar: none
-- needs: value_assumptions
-- definition: Discounts taken, divided by the discounts that the terms of paid invoices granted, by value. Taken: the payment was
--   transmitted by the discount's last instant, and its amount, where it is known, is not the full one. Amounts are converted at the rate of the invoice's
--   first day into the reporting currency; those without a rate or an amount are left out. Open: unpaid.
-- benchmark: 14.9 % (second-hand)
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
    if(counted, billed * rate * granted * taken, 0) AS value,
    if(counted, billed * rate * granted, 0) AS weight,
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

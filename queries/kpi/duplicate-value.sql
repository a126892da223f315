-- title: Duplicate invoices by value
-- unit: ratio
-- better: lower
-- topic: money
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: received
-- calendar: none
-- needs: value_assumptions
-- definition: Value of received invoices found to be a duplicate (business exception or verdict of category duplicate), divided by
--   the value of received invoices. Amounts are converted at the rate of the invoice's
--   first day into the reporting currency; those without a rate or an amount are left out. Open: neither found a duplicate nor posted, rejected, cancelled or credited.
-- benchmark: best 0.8 %, worst 2 % of disbursements (APQC 2020)
-- minimum_n: 100
SELECT
    'invoice' AS document_type,
    invoice_id AS document_id,
    invoice_id AS subject_id,
    cohort_at,
    if(dated_at < rates.valid_to, rates.rate, 0) AS rate,
    true AND billed > 0 AND rate > 0 AS counted,
    NOT duplicate AND NOT ended AS open,
    multiIf(counted OR open, '', NOT (true), '', billed = 0, 'no amount', 'no rate') AS reason,
    if(counted, billed * rate * duplicate, 0) AS value,
    if(counted, billed * rate, 0) AS weight,
    facets
FROM (
    SELECT
        object_id AS invoice_id,
        min(occurred_at) AS dated_at,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')), 0)) AS billed,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'invoice.')) AS billed_currency,
        minIf(occurred_at, activity = 'invoice.received') AS cohort_at,
        countIf(class = 'business' AND category = 'duplicate') > 0 AS duplicate,
        countIf(activity IN ('invoice.posted', 'invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS ended,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
    GROUP BY object_id
    HAVING countIf(activity = 'invoice.received') > 0
) AS invoices
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = invoices.billed_currency AND rates.valid_from <= invoices.dated_at

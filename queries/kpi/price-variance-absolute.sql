-- title: Price variance, absolute
-- unit: ratio
-- range: unbounded
-- better: lower
-- topic: money
-- grain: invoice_line
-- documents: invoice_line, invoice
-- reads: invoice_line, invoice, po_line, purchase_order
-- cohort: posted; while not posted, first event
-- calendar: none
-- needs: value_assumptions
-- definition: Sum of |billed price - ordered price| x billed quantity, divided by the sum of ordered price x billed quantity, of
--   posted invoice lines. Lines without an order, without
--   prices, or without a rate of the day of posting into the reporting currency are left out. Open: not posted, and neither
--   rejected, cancelled nor credited.
-- benchmark: none
-- minimum_n: 20
SELECT
    document_type,
    document_id,
    document_id AS subject_id,
    assumeNotNull(coalesce(posted_at, first_at)) AS cohort_at,
    posted_at IS NOT NULL AS posted,
    billed_quantity * ordered_price * if(cohort_at < rates.valid_to, rates.rate, 0) AS ordered_value,
    billed_price / ordered_price - 1 AS off,
    posted AND ordered_value > 0 AND billed_price > 0 AND billed_currency = ordered_currency AS counted,
    NOT posted AND NOT dropped AS open,
    multiIf(
        counted OR open, '',
        NOT posted, 'rejected, cancelled or credited',
        order_id = '', 'no order is known',
        billed_quantity = 0 OR billed_price = 0, 'no quantity or price is known',
        ordered_price = 0, 'no price of the order is known',
        billed_currency != ordered_currency, 'ordered and billed in two currencies',
        'no rate'
    ) AS reason,
    if(counted, abs(off) * ordered_value, 0) AS value,
    if(counted, ordered_value, 0) AS weight,
    facets
FROM (
    -- include shared/invoice-lines
) AS lines
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = lines.billed_currency AND rates.valid_from <= lines.dated_at

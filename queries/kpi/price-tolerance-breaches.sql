-- title: Lines over the price tolerance
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: invoice_line
-- documents: invoice_line, invoice
-- reads: invoice_line, invoice, po_line, purchase_order
-- cohort: posted; while not posted, first event
-- calendar: none
-- needs: policies, value_assumptions
-- definition: Posted invoice lines whose price is above the order's by more than the tolerance `price_pct` of the policies (the
--   strictest that holds at the posting), divided by posted invoice lines with both prices. Lines without an order, without
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
    if(cohort_at < tolerances.valid_to, tolerances.price_pct, -1) AS allowed,
    posted AND ordered_value > 0 AND billed_price > 0 AND billed_currency = ordered_currency AND allowed >= 0 AS counted,
    NOT posted AND NOT dropped AS open,
    multiIf(
        counted OR open, '',
        NOT posted, 'rejected, cancelled or credited',
        order_id = '', 'no order is known',
        billed_quantity = 0 OR billed_price = 0, 'no quantity or price is known',
        ordered_price = 0, 'no price of the order is known',
        billed_currency != ordered_currency, 'ordered and billed in two currencies',
        ordered_value = 0, 'no rate',
        'no tolerance holds'
    ) AS reason,
    if(counted, off > allowed / 100 + 1e-9, 0) AS value,
    if(counted, 1, 0) AS weight,
    facets
FROM (
    -- include shared/invoice-lines
) AS lines
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = lines.billed_currency AND rates.valid_from <= lines.dated_at
ASOF LEFT JOIN (
    SELECT
        1 AS one,
        valid_from,
        argMin(valid_to, allowed_pct) AS valid_to,
        min(allowed_pct) AS price_pct
    FROM (
        SELECT
            valid_from,
            valid_to,
            toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'tolerances', 'price_pct'))) AS allowed_pct
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'policies' AND JSONHas(body, 'tolerances', 'price_pct')
    )
    GROUP BY valid_from
) AS tolerances ON tolerances.one = lines.one AND tolerances.valid_from <= lines.dated_at

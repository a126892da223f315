-- title: Rule decided differently than it says
-- version: 1
-- category: threshold
-- severity: medium
-- grain: invoice
-- documents: invoice, po_line
-- guards: invoice.matched
-- needs: policies
-- tolerances: price_pct
-- definition: A match was passed (`policy.evaluated` passed, or the invoice matched where nobody reports policies)
--   although the unit price of the invoice lies more than `price_pct` of the threshold policy over that of the order: a
--   unit, system or version decides the rule differently than it says.
WITH
    -- include shared/tolerances
SELECT
    'invoice' AS document_type,
    invoice_id AS document_id,
    '' AS subject_id,
    'threshold' AS category,
    min(judged_at) AS detected_at,
    'medium' AS severity,
    argMin(policy, (judged_at, judged_by)) AS policy_id,
    argMin(policy_version, (judged_at, judged_by)) AS policy_version,
    CAST(max((unit_price - order_price) * quantity), 'Nullable(Decimal(18, 4))') AS amount,
    argMin(currency, (judged_at, judged_by)) AS currency,
    argMin(system, (judged_at, judged_by)) AS offender,
    arraySort(groupUniqArray(judged_by)) AS evidence,
    concat(
        'Passed in ',
        argMin(system, (judged_at, judged_by)),
        ' at a unit price ',
        toString(round(max(over_pct), 2)),
        ' % over that of the order (',
        toString(argMax(unit_price, (over_pct, unit_price))),
        ' against ',
        toString(argMax(order_price, (over_pct, unit_price))),
        '); ',
        toString(argMin(price_pct, (judged_at, judged_by))),
        ' % are tolerated.'
    ) AS detail
FROM (
    SELECT
        lines.invoice_id AS invoice_id,
        lines.judged.1 AS judged_at,
        lines.judged.2 AS judged_by,
        lines.judged.3 AS system,
        lines.unit_price AS unit_price,
        lines.order_price AS order_price,
        lines.quantity AS quantity,
        lines.currency AS currency,
        limits.policy AS policy,
        limits.policy_version AS policy_version,
        limits.tolerated AS price_pct,
        (lines.unit_price / lines.order_price - 1) * 100 AS over_pct
    FROM (
        -- include shared/matched-prices
    ) AS lines
    ASOF INNER JOIN tolerances AS limits ON limits.place = lines.limit_place AND limits.valid_from <= lines.at
    WHERE lines.at < limits.until
        AND lines.order_price > 0
        AND lines.activity = 'invoice.matched'
        AND lines.judged.4 = 'passed'
)
WHERE over_pct > price_pct
GROUP BY invoice_id

-- Lines that were matched, or not because of their price, by how far the price lies over that of the order: at their first attempt.
WITH
    -- include shared/tolerances
SELECT
    invoice_id,
    line_id,
    at,
    currency,
    over_pct,
    price_pct,
    variance,
    billed,
    failed
FROM (
    SELECT
        lines.invoice_id AS invoice_id,
        lines.line_id AS line_id,
        lines.at AS at,
        lines.currency AS currency,
        (lines.unit_price / lines.order_price - 1) * 100 AS over_pct,
        limits.tolerated AS price_pct,
        (lines.unit_price - lines.order_price) * lines.quantity AS variance,
        lines.unit_price * lines.quantity AS billed,
        toBool(lines.activity = 'invoice.mismatched') AS failed
    FROM (
        SELECT *
        FROM (
            -- include shared/matched-prices
        )
        WHERE at >= {from:DateTime64(6, 'UTC')} AND at < {to:DateTime64(6, 'UTC')} AND order_price > 0
        ORDER BY at, event_id
        LIMIT 1 BY invoice_id, line_id
    ) AS lines
    ASOF INNER JOIN tolerances AS limits ON limits.place = lines.limit_place AND limits.valid_from <= lines.at
    WHERE lines.at < limits.until
)
WHERE over_pct > least(price_pct, {value:Float64}) AND over_pct <= greatest(price_pct, {value:Float64})
ORDER BY at DESC, invoice_id, line_id
LIMIT 20000

-- Lines that failed their first match because of their price.
WITH
    -- include shared/tolerances
SELECT count() AS n
FROM (
    SELECT
        at,
        limit_place,
        unit_price,
        order_price,
        activity
    FROM (
        -- include shared/matched-prices
    )
    WHERE at >= {from:DateTime64(6, 'UTC')} AND at < {to:DateTime64(6, 'UTC')} AND order_price > 0
    ORDER BY at, event_id
    LIMIT 1 BY invoice_id, line_id
) AS lines
ASOF INNER JOIN tolerances AS limits ON limits.place = lines.limit_place AND limits.valid_from <= lines.at
WHERE activity = 'invoice.mismatched' AND (unit_price / order_price - 1) * 100 > limits.tolerated

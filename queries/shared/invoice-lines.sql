-- Invoice lines of the scope (an invoice whose own events state quantity and price is one line) with the order line that each bills: the
-- one that an event names with it, an order as a whole where no order line is named.
SELECT
    own.object_type AS document_type,
    own.object_id AS document_id,
    1 AS one,
    own.first_at AS first_at,
    own.posted_at AS posted_at,
    assumeNotNull(coalesce(own.posted_at, own.first_at)) AS dated_at,
    own.matched_at AS matched_at,
    own.mismatched_at AS mismatched_at,
    own.dropped AS dropped,
    own.failed AS failed,
    own.billed_quantity AS billed_quantity,
    own.billed_price AS billed_price,
    own.billed_currency AS billed_currency,
    own.facets AS facets,
    billed.order_type AS order_type,
    billed.order_id AS order_id,
    billed.price AS ordered_price,
    billed.price_currency AS ordered_currency
FROM (
    SELECT
        object_type,
        object_id,
        min(occurred_at) AS first_at,
        minOrNullIf(occurred_at, activity = 'invoice.posted') AS posted_at,
        minOrNullIf(occurred_at, activity = 'invoice.matched') AS matched_at,
        minOrNullIf(occurred_at, activity = 'invoice.mismatched') AS mismatched_at,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        countIf(class = 'business' AND category IN ('match.price', 'match.quantity', 'match.receipt')) > 0 AS failed,
        toFloat64(ifNull(argMaxIf(quantity, (occurred_at, seq, place_id), quantity > 0 AND startsWith(activity, 'invoice.')), 0)) AS billed_quantity,
        toFloat64(ifNull(argMaxIf(unit_price, (occurred_at, seq, place_id), unit_price IS NOT NULL AND startsWith(activity, 'invoice.')), 0)) AS billed_price,
        argMaxIf(currency, (occurred_at, seq, place_id), unit_price IS NOT NULL AND startsWith(activity, 'invoice.')) AS billed_currency,
        -- include shared/facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('invoice', 'invoice_line')
    GROUP BY
        object_type,
        object_id
) AS own
LEFT JOIN (
    SELECT
        pairs.object_type AS line_type,
        pairs.object_id AS line_id,
        countIf(other_type = 'invoice_line') > 0 AS has_lines,
        argMinIf(
            (other_type, other_id, prices.price, prices.price_currency),
            (other_type != 'po_line', other_id),
            other_type != 'invoice_line'
        ) AS chosen,
        chosen.1 AS order_type,
        chosen.2 AS order_id,
        chosen.3 AS price,
        chosen.4 AS price_currency
    FROM (
        SELECT DISTINCT
            object_type,
            object_id,
            other_type,
            other_id
        FROM sightline.{links:Identifier}
        WHERE
            -- include shared/linked-in-scope
            AND object_type IN ('invoice', 'invoice_line')
            AND other_type IN ('po_line', 'purchase_order', 'invoice_line')
    ) AS pairs
    LEFT JOIN (
        SELECT
            object_type,
            object_id,
            toFloat64(argMax(unit_price, (occurred_at, seq, place_id))) AS price,
            argMax(currency, (occurred_at, seq, place_id)) AS price_currency
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND object_type IN ('po_line', 'purchase_order')
            AND (object_type, object_id) IN (
                SELECT
                    other_type,
                    other_id
                FROM sightline.{links:Identifier}
                WHERE
                    -- include shared/linked-in-scope
                    AND object_type IN ('invoice', 'invoice_line')
                    AND other_type IN ('po_line', 'purchase_order')
            )
            AND unit_price > 0
            AND startsWith(activity, 'po.')
        GROUP BY
            object_type,
            object_id
    ) AS prices ON prices.object_type = pairs.other_type AND prices.object_id = pairs.other_id
    GROUP BY
        line_type,
        line_id
) AS billed ON billed.line_type = own.object_type AND billed.line_id = own.object_id
WHERE NOT (own.object_type = 'invoice' AND billed.has_lines)

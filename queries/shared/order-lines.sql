-- Order lines of the scope, each with what its order says; orders as a whole where no line of theirs states quantity and price.
SELECT
    own.object_type AS document_type,
    own.object_id AS document_id,
    coalesce(own.first_released, header.first_released) AS released_at,
    released_at IS NOT NULL AS released,
    own.ended OR header.order_ended AS dropped,
    assumeNotNull(coalesce(released_at, own.first_created, header.first_created, own.first_at)) AS cohort_at,
    if(own.object_type = 'po_line', own.priced, own.total) AS ordered,
    if(own.object_type = 'po_line', own.priced_currency, own.total_currency) AS ordered_currency,
    if(own.facets.supplier != '', own.facets.supplier, header.order_supplier) AS supplier_id,
    if(own.facets.category != '', own.facets.category, header.order_category) AS category_id,
    contracts.contract_named AS contract_named,
    own.facets AS facets
FROM (
    SELECT
        object_type,
        object_id,
        min(occurred_at) AS first_at,
        minOrNullIf(occurred_at, activity = 'po.created') AS first_created,
        minOrNullIf(occurred_at, activity = 'po.released') AS first_released,
        countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS ended,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'po.')), 0)) AS total,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'po.')) AS total_currency,
        toFloat64(
            ifNull(argMaxIf(quantity * unit_price, (occurred_at, seq, place_id), quantity * unit_price > 0 AND startsWith(activity, 'po.')), 0)
        ) AS priced,
        argMaxIf(currency, (occurred_at, seq, place_id), quantity * unit_price > 0 AND startsWith(activity, 'po.')) AS priced_currency,
        -- include shared/facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('purchase_order', 'po_line')
    GROUP BY
        object_type,
        object_id
    HAVING countIf(activity IN ('po.created', 'po.released')) > 0 OR object_type = 'po_line'
) AS own
LEFT JOIN (
    -- include shared/contracts-named
) AS contracts ON contracts.line_type = own.object_type AND contracts.line_id = own.object_id
LEFT JOIN (
    -- include shared/line-orders
) AS header ON header.line_type = own.object_type AND header.line_id = own.object_id
WHERE if(own.object_type = 'po_line', own.priced > 0, header.priced_lines = 0)

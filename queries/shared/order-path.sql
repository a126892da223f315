-- Orders of the scope with the first instants of what was received and billed on them.
SELECT
    orders.object_id AS order_id,
    orders.created_at AS created_at,
    orders.approved_at AS approved_at,
    if(others.purchase_order_id = '', orders.received_at, least(orders.received_at, others.received_at)) AS received_at,
    if(others.purchase_order_id = '', orders.billed_at, least(orders.billed_at, others.billed_at)) AS billed_at,
    orders.dropped AS dropped,
    orders.facets AS facets
FROM (
    SELECT
        object_id,
        minIf(occurred_at, activity = 'po.created') AS created_at,
        if(
            countIf(activity IN ('po.approved', 'po.released')) = 0,
            toDateTime64('2250-01-01 00:00:00', 6, 'UTC'),
            minIf(occurred_at, activity IN ('po.approved', 'po.released'))
        ) AS approved_at,
        ifNull(
            minOrNullIf(occurred_at, activity IN ('goods_receipt.recorded', 'service_entry.recorded')),
            toDateTime64('2250-01-01 00:00:00', 6, 'UTC')
        ) AS received_at,
        ifNull(
            minOrNullIf(occurred_at, activity IN ('invoice.issued', 'invoice.received')),
            toDateTime64('2250-01-01 00:00:00', 6, 'UTC')
        ) AS billed_at,
        countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
        -- include shared/facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'purchase_order'
    GROUP BY object_id
    HAVING countIf(activity = 'po.created') > 0
) AS orders
LEFT JOIN (
    SELECT
        purchase_order_id,
        min(first_received) AS received_at,
        min(first_billed) AS billed_at
    FROM (
        -- include shared/order-deliveries
    ) AS pairs
    INNER JOIN (
        SELECT
            object_type,
            object_id,
            ifNull(
                minOrNullIf(occurred_at, activity IN ('goods_receipt.recorded', 'service_entry.recorded') AND object_type != 'invoice'),
                toDateTime64('2250-01-01 00:00:00', 6, 'UTC')
            ) AS first_received,
            ifNull(
                minOrNullIf(occurred_at, activity IN ('invoice.issued', 'invoice.received') AND object_type = 'invoice'),
                toDateTime64('2250-01-01 00:00:00', 6, 'UTC')
            ) AS first_billed
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND (object_type, object_id) IN (
                SELECT
                    delivery_type,
                    delivery_id
                FROM (
                    -- include shared/order-deliveries
                )
            )
        GROUP BY
            object_type,
            object_id
    ) AS deliveries ON deliveries.object_type = pairs.delivery_type AND deliveries.object_id = pairs.delivery_id
    GROUP BY purchase_order_id
) AS others ON others.purchase_order_id = orders.object_id

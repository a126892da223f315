-- Of order lines of the scope what their orders say, and of orders how many of their lines state quantity and price.
SELECT
    pairs.object_type AS line_type,
    pairs.object_id AS line_id,
    min(others.first_created) AS first_created,
    min(others.first_released) AS first_released,
    max(others.ended) AS order_ended,
    max(others.supplier_said) AS order_supplier,
    max(others.category_said) AS order_category,
    countIf(others.is_priced) AS priced_lines
FROM (
    SELECT DISTINCT
        object_type,
        object_id,
        other_type,
        other_id
    FROM sightline.{links:Identifier}
    WHERE
        -- include shared/linked-in-scope
        AND (object_type, other_type) IN (('po_line', 'purchase_order'), ('purchase_order', 'po_line'))
) AS pairs
INNER JOIN (
    SELECT
        object_type,
        object_id,
        minOrNullIf(occurred_at, activity = 'po.created' AND object_type = 'purchase_order') AS first_created,
        minOrNullIf(occurred_at, activity = 'po.released' AND object_type = 'purchase_order') AS first_released,
        countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed') AND object_type = 'purchase_order') > 0 AS ended,
        max(supplier) AS supplier_said,
        max(category_of_spend) AS category_said,
        countIf(quantity * unit_price > 0 AND startsWith(activity, 'po.') AND object_type = 'po_line') > 0 AS is_priced
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
                AND (object_type, other_type) IN (('po_line', 'purchase_order'), ('purchase_order', 'po_line'))
        )
    GROUP BY
        object_type,
        object_id
) AS others ON others.object_type = pairs.other_type AND others.object_id = pairs.other_id
GROUP BY
    line_type,
    line_id

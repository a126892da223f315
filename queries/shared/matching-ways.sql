-- How invoices and orders, or lines of them, are matched, as their attributes say; for the scope and for what it bills.
SELECT
    object_type,
    object_id,
    argMax(value, (occurred_at, seq, place_id)) AS way
FROM sightline.object_state FINAL
WHERE tenant_id = {tenant_id:String}
    AND live
    AND name IN ('matching', 'item_category', 'Item Category')
    AND object_type IN ('invoice', 'invoice_line', 'po_line', 'purchase_order')
    AND (
        {batch:String} = ''
        OR (object_type, object_id) IN (
            -- include shared/scope-keys
            UNION ALL
            SELECT
                other_type,
                other_id
            FROM sightline.{links:Identifier}
            WHERE
                -- include shared/linked-in-scope
                AND object_type IN ('invoice', 'invoice_line')
                AND other_type IN ('po_line', 'purchase_order')
        )
    )
GROUP BY
    object_type,
    object_id

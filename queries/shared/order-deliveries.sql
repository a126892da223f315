SELECT DISTINCT
    object_id AS purchase_order_id,
    other_type AS delivery_type,
    other_id AS delivery_id
FROM sightline.object_links
WHERE tenant_id = {tenant_id:String}
    AND object_type = 'purchase_order'
    AND other_type IN ('goods_receipt', 'service_entry', 'invoice')
    AND (object_id, event_id) IN (
        SELECT
            object_id,
            event_id
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type = 'purchase_order'
    )

SELECT DISTINCT
    object_id AS purchase_order_id,
    other_id AS requisition_id
FROM sightline.object_links
WHERE tenant_id = {tenant_id:String}
    AND object_type = 'purchase_order'
    AND other_type = 'requisition'
    AND (object_id, event_id) IN (
        SELECT
            object_id,
            event_id
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND object_type = 'purchase_order'
            AND object_id IN (
                SELECT purchase_order_id
                FROM (
                    -- include shared/invoice-orders
                )
            )
    )

SELECT DISTINCT
    object_id AS payment_id,
    other_id AS invoice_id
FROM sightline.object_links
WHERE tenant_id = {tenant_id:String}
    AND object_type = 'payment'
    AND other_type = 'invoice'
    AND (object_id, event_id) IN (
        SELECT
            object_id,
            event_id
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type = 'payment'
    )

SELECT event_id
FROM sightline.object_events
WHERE tenant_id = {tenant_id:String}
    AND (object_type, object_id) IN (
        -- include shared/listed-keys
    )

DELETE FROM sightline.object_state
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}

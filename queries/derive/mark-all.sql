-- Marks every document of a tenant, or those of some types: what its answers are computed by has changed.
INSERT INTO sightline.dirty_objects (tenant_id, marked_at, object_type, object_id)
SELECT DISTINCT
    tenant_id,
    now64(6, 'UTC'),
    object_type,
    object_id
FROM sightline.object_events
WHERE tenant_id = {tenant_id:String}
    AND (empty({types:Array(String)}) OR object_type IN {types:Array(String)})

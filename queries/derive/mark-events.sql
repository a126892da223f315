-- Marks the documents of events that are about to be removed.
INSERT INTO sightline.dirty_objects (tenant_id, marked_at, object_type, object_id)
SELECT DISTINCT
    tenant_id,
    now64(6, 'UTC'),
    object_type,
    object_id
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id
WHERE tenant_id = {tenant_id:String} AND import_id = {import_id:String}

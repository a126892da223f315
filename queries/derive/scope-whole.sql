-- The documents of a run: those that changed and those on their paths, each once.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT DISTINCT
    tenant_id,
    {batch:String},
    object_type,
    object_id
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String} AND startsWith(batch, concat({batch:String}, '/'))

-- The documents that go: old enough by themselves, and nothing that stays is computed from them.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT DISTINCT
    {tenant_id:String},
    {batch:String},
    object_type,
    object_id
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String}
    AND batch = {expired:String}
    AND (object_type, object_id) NOT IN (
        SELECT
            object_type,
            object_id
        FROM sightline.derive_scope
        WHERE tenant_id = {tenant_id:String} AND startsWith(batch, {holding:String})
    )

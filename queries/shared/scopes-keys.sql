SELECT
    object_type,
    object_id
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String} AND startsWith(batch, {scopes:String})

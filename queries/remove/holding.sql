-- Of the scope's documents those that stay by themselves: what their answers are computed from stays with them.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT
    {tenant_id:String},
    {into:String},
    object_type,
    object_id
FROM sightline.object_activity FINAL
WHERE tenant_id = {tenant_id:String}
    AND (object_type, object_id) IN (
        -- include shared/scopes-keys
    )
    AND (object_type, object_id) NOT IN (
        -- include shared/expired
    )

-- The documents of a scope, and those that stand in one event with them.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT DISTINCT
    {tenant_id:String},
    {into:String},
    object_type,
    object_id
FROM (
    -- include shared/scopes-keys
    UNION ALL
    SELECT
        other_type,
        other_id
    FROM sightline.object_links
    WHERE tenant_id = {tenant_id:String}
        AND (object_type, object_id) IN (
            -- include shared/scopes-keys
        )
)

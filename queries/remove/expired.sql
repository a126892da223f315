-- Of the scope's documents those that are old enough to go by themselves: closed, where their type can be, or what came late of one that
-- has gone.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT
    {tenant_id:String},
    {into:String},
    object_type,
    object_id
FROM (
    -- include shared/expired
)

-- Objects whose last event is older than the cut, one part of them by hash.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT
    {tenant_id:String},
    {into:String},
    object_type,
    object_id
FROM sightline.object_activity FINAL
WHERE tenant_id = {tenant_id:String}
    AND last_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND cityHash64(object_type, object_id) % {parts:UInt32} = {part:UInt32}

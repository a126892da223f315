-- The documents that changed: those marked between two instants, one part of them by hash.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT DISTINCT
    tenant_id,
    {batch:String},
    object_type,
    object_id
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND marked_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND marked_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND cityHash64(object_type, object_id) % {parts:UInt32} = {part:UInt32}

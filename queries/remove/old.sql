-- Objects whose last event is older than the cut, one part of them: from a key to before the next, which the last part has not.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT
    {tenant_id:String},
    {into:String},
    object_type,
    object_id
FROM sightline.object_activity FINAL
WHERE tenant_id = {tenant_id:String}
    AND last_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND (object_type, object_id) >= ({from_type:String}, {from_id:String})
    AND ({to_type:String} = '' OR (object_type, object_id) < ({to_type:String}, {to_id:String}))

-- How many documents of a tenant are marked between two instants.
SELECT uniqExact(object_type, object_id) AS documents
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND marked_at > fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    AND marked_at <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')

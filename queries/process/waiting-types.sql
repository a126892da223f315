-- Object types of which documents wait to be computed.
SELECT DISTINCT object_type AS type
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND marked_at > fromUnixTimestamp64Micro({settled_until:Int64}, 'UTC')
    AND marked_at <= now64(6, 'UTC')

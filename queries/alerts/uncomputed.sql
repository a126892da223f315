-- Documents, among some (`type/id`), that have changes which the answers do not know yet.
SELECT DISTINCT concat(object_type, '/', object_id) AS document
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND marked_at > fromUnixTimestamp64Micro({fresh_until:Int64}, 'UTC')
    AND marked_at <= now64(6, 'UTC')
    AND concat(object_type, '/', object_id) IN {documents:Array(String)}

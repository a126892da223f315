-- How many objects have a last event that is older than the cut.
SELECT count() AS objects
FROM sightline.object_activity FINAL
WHERE tenant_id = {tenant_id:String} AND last_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')

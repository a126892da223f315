-- The first change of a tenant that its answers do not know yet, by ClickHouse's clock.
SELECT
    count() AS marks,
    toUnixTimestamp64Micro(min(marked_at)) AS first_us
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String} AND marked_at > fromUnixTimestamp64Micro({fresh_until:Int64}, 'UTC')

-- Tenants with marks, and the instant of the newest one, microseconds.
SELECT
    tenant_id,
    toUnixTimestamp64Micro(max(marked_at)) AS last
FROM sightline.dirty_objects
WHERE marked_at > fromUnixTimestamp64Micro({since:Int64}, 'UTC') AND marked_at <= now64(6, 'UTC')
GROUP BY tenant_id

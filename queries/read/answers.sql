-- How far the answers are behind the timelines: marks since the instants up to which they were worked off, microseconds.
SELECT
    uniqExactIf((object_type, object_id), marked_at > fromUnixTimestamp64Micro({fresh_until:Int64}, 'UTC')) AS changed,
    uniqExact(object_type, object_id) AS unsettled,
    toUnixTimestamp64Micro(max(marked_at)) AS last_us
FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND marked_at > fromUnixTimestamp64Micro({settled_until:Int64}, 'UTC')
    AND marked_at <= now64(6, 'UTC')

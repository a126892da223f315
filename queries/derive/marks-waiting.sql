-- What waits to be computed for a tenant: marks since it settled last, by how far they were worked off and how old they are; instants
-- are microseconds of ClickHouse's clock.
SELECT
    uniqExactIf((object_type, object_id), NOT seen) AS unseen,
    uniqExactIf((object_type, object_id), NOT seen AND marked_at <= settling) AS unseen_old,
    uniqExactIf((object_type, object_id), seen) AS seen_once,
    uniqExactIf((object_type, object_id), seen AND marked_at <= settling) AS unsettled,
    toUnixTimestamp64Micro(minIf(marked_at, NOT seen)) AS first_unseen,
    toUnixTimestamp64Micro(minIf(marked_at, seen)) AS first_seen_once
FROM (
    SELECT
        object_type,
        object_id,
        marked_at,
        marked_at <= fromUnixTimestamp64Micro({fresh_until:Int64}, 'UTC') AS seen,
        now64(6, 'UTC') - toIntervalMicrosecond({settle_us:UInt64}) AS settling
    FROM sightline.dirty_objects
    WHERE tenant_id = {tenant_id:String}
        AND marked_at > fromUnixTimestamp64Micro({settled_until:Int64}, 'UTC')
        AND marked_at <= now64(6, 'UTC')
)

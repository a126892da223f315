-- First start to last end of each object, seconds: where an activity has an end, it counts.
SELECT
    count() AS n,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(span_us) AS quantiles_us,
    avg(span_us) AS mean_us
FROM (
    SELECT
        minIf(occurred_at, is_step) AS started_at,
        toUnixTimestamp64Micro(max(occurred_at)) - toUnixTimestamp64Micro(started_at) AS span_us
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND live
        AND NOT arrayExists(prefix -> startsWith(activity, prefix), {without:Array(String)})
    GROUP BY object_id
    HAVING countIf(is_step) > 0
        AND started_at >= {from:DateTime64(6, 'UTC')} AND started_at < {to:DateTime64(6, 'UTC')}
)

-- Start to end of each activity instance that has both, microseconds.
WITH traces AS (
    -- include shared/traces
)
SELECT
    activity,
    count() AS n,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(lasted_us) AS quantiles_us,
    avg(lasted_us) AS mean_us
FROM (
    SELECT
        activity,
        toUnixTimestamp64Micro(until) - toUnixTimestamp64Micro(since) AS lasted_us
    FROM traces
    ARRAY JOIN
        steps AS activity,
        at AS since,
        ended AS until
    WHERE until != toDateTime64(0, 6, 'UTC')
)
GROUP BY activity
ORDER BY n DESC, activity

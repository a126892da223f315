-- Directly-follows pairs: consecutive events of an object, with the wait between them in seconds.
WITH traces AS (
    -- include shared/traces
)
SELECT
    earlier AS `from`,
    later AS `to`,
    count() AS count,
    quantilesExactInclusive(0.5, 0.9)(wait_us) AS waits_us,
    waits_us[1] / 1e6 AS median_wait_s,
    waits_us[2] / 1e6 AS p90_wait_s
FROM traces
ARRAY JOIN
    arrayPopBack(steps) AS earlier,
    arrayPopFront(steps) AS later,
    arrayPopFront(arrayDifference(arrayMap(one -> toUnixTimestamp64Micro(one), at))) AS wait_us
GROUP BY
    `from`,
    `to`
ORDER BY count DESC, `from`, `to`

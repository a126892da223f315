-- Sequences of activities by frequency.
WITH traces AS (
    -- include shared/traces
)
SELECT
    steps AS activities,
    count() AS count,
    quantileExactInclusive(0.5)(duration_us) / 1e6 AS median_duration_s,
    min(object_id) AS example,
    sum(count) OVER () AS objects,
    count() OVER () AS total
FROM traces
GROUP BY activities
ORDER BY count DESC, activities
LIMIT {limit:UInt32}

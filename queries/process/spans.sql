-- First start to last end of each object, microseconds: where an activity has an end, it counts.
WITH traces AS (
    -- include shared/traces
)
SELECT
    count() AS n,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(span_us) AS quantiles_us,
    avg(span_us) AS mean_us
FROM (
    SELECT toUnixTimestamp64Micro(greatest(ended_at, arrayMax(ended))) - toUnixTimestamp64Micro(began_at) AS span_us
    FROM traces
)

-- Durations of objects, microseconds: from first start to last start, and from first start to last end, which counts where an activity has one.
WITH traces AS (
    -- include shared/traces
)
SELECT
    count() AS n,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(duration_us) AS quantiles_us,
    avg(duration_us) AS mean_us,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(span_us) AS span_quantiles_us,
    avg(span_us) AS span_mean_us
FROM (
    SELECT
        duration_us,
        toUnixTimestamp64Micro(greatest(ended_at, arrayMax(ended))) - toUnixTimestamp64Micro(began_at) AS span_us
    FROM traces
)

-- Figures of one object type; durations in microseconds, quantiles by R-7.
WITH traces AS (
    -- include shared/traces
)
SELECT
    sum(length(steps)) AS events,
    count() AS objects,
    length(groupUniqArrayArray(steps)) AS activities,
    uniqExact(steps) AS variants,
    length(groupUniqArrayArray(arrayZip(arrayPopBack(steps), arrayPopFront(steps)))) AS directly_follows_pairs,
    if(count() = 0, NULL, min(began_at)) AS first_at,
    if(count() = 0, NULL, max(ended_at)) AS last_at,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(duration_us) AS quantiles_us,
    avg(duration_us) AS mean_us,
    min(length(steps)) AS events_min,
    quantileExactInclusive(0.5)(length(steps)) AS events_median,
    max(length(steps)) AS events_max,
    countIf(length(arrayDistinct(steps)) < length(steps)) AS rework_objects
FROM traces

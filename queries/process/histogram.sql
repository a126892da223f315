-- Objects by duration, in steps that people think in.
WITH traces AS (
    -- include shared/traces
)
SELECT
    bounds[position] AS from_s,
    if(position = length(bounds), 0, bounds[position + 1]) AS to_s,
    countIf(arrayLastIndex(bound -> bound <= duration_us / 1e6, bounds) = position) AS objects
FROM (
    SELECT
        duration_us,
        [0, 3600, 14400, 28800, 86400, 172800, 345600, 604800, 1209600, 2419200, 4838400, 7862400, 15724800] AS bounds
    FROM traces
)
ARRAY JOIN arrayEnumerate(bounds) AS position
GROUP BY
    from_s,
    to_s
ORDER BY from_s

-- How the values of a KPI's objects are spread: quantiles (R-7), and bins of equal width up to the 98th percentile.
WITH
    spread AS (
        SELECT if({aggregate:String} = 'share', {factor:Float64} * value / weight, value) AS amount
        FROM (
            -- include {facts}
        )
        WHERE
            -- include shared/kpi-scope
            AND counted
            AND weight != 0
    ),
    (SELECT quantilesExactInclusive(0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 1)(amount) FROM spread) AS marks,
    greatest(marks[8] - marks[1], 1e-9) / {bins:UInt32} AS width
SELECT
    count() AS n,
    if(n = 0, NULL, avg(amount)) AS mean,
    if(n = 0, [], marks) AS quantiles,
    if(n = 0, 0, marks[1]) AS least,
    if(n = 0, 0, width) AS bin_width,
    arrayMap(
        bin -> countEqual(groupArray(toUInt32(least((amount - marks[1]) / width, {bins:UInt32}))), bin),
        range({bins:UInt32} + 1)
    ) AS counts
FROM spread

-- Rates: numerators by denominators.
SELECT
    cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
    -- include shared/kpi-bucket,
    if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
    sumIf(value, counted) AS numerator,
    sumIf(weight, counted) AS denominator,
    if(denominator = 0, NULL, {factor:Float64} * numerator / denominator) AS middle_value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(counted AND weight != 0) AS n,
    countIf(open AND cohort_at < {now:DateTime64(6, 'UTC')}) AS unfinished
FROM (
    -- include {facts}
)
WHERE
    -- include shared/kpi-scope
GROUP BY earlier, bucket, `group`
ORDER BY earlier, bucket, `group`

-- Amounts and counts.
SELECT
    cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
    -- include shared/kpi-bucket,
    if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
    if(n = 0, NULL, sumIf(value, counted)) AS middle_value,
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

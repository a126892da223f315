-- A KPI ungrouped and unfiltered: whole days from the rollup, the rest of the window from the contributions; of a window that begins at
-- {split}, what came before is `earlier`.
SELECT
    earlier,
    bucket,
    '' AS `group`,
    sum(day_n) AS n,
    sum(day_open) AS unfinished,
    sum(day_value) AS numerator,
    sum(day_weight) AS denominator,
    quantilesExactInclusiveMerge(0.5, 0.9)(day_quantiles) AS tails,
    multiIf(
        {aggregate:String} = 'median', if(n = 0, NULL, tails[1]),
        {aggregate:String} = 'share', if(denominator = 0, NULL, {factor:Float64} * numerator / denominator),
        if(n = 0, NULL, numerator)
    ) AS middle_value,
    if({aggregate:String} = 'median' AND n > 0, tails[2], NULL) AS p90
FROM (
    SELECT
        cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
        -- include shared/kpi-bucket,
        n AS day_n,
        open AS day_open,
        value AS day_value,
        weight AS day_weight,
        quantiles AS day_quantiles
    FROM (
        SELECT
            toDateTime64(cohort_day, 6, 'UTC') AS cohort_at,
            n,
            open,
            value,
            weight,
            quantiles
        FROM sightline.kpi_days FINAL
        WHERE tenant_id = {tenant_id:String}
            AND kpi = {kpi:String}
            AND cohort_day >= toDate({first_day:String})
            AND cohort_day < toDate({last_day:String})
            AND cohort_day NOT IN {cut_days:Array(Date32)}
    )
    UNION ALL
    SELECT
        cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
        -- include shared/kpi-bucket,
        countIf(counted AND weight != 0) AS day_n,
        countIf(open AND cohort_at < {now:DateTime64(6, 'UTC')}) AS day_open,
        sumIf(value, counted) AS day_value,
        sumIf(weight, counted) AS day_weight,
        quantilesExactInclusiveStateIf(0.5, 0.9)(value, counted) AS day_quantiles
    FROM sightline.kpi_facts FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kpi = {kpi:String}
        AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
        AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
        AND (cohort_day < toDate({first_day:String}) OR cohort_day >= toDate({last_day:String}) OR cohort_day IN {cut_days:Array(Date32)})
        AND cohort_at >= {from:DateTime64(6, 'UTC')}
        AND cohort_at < {to:DateTime64(6, 'UTC')}
    GROUP BY earlier, bucket
)
GROUP BY earlier, bucket
ORDER BY earlier, bucket

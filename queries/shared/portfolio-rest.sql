UNION ALL
SELECT
    tenant_id,
    toString(kpi) AS figure,
    cohort_at >= {from:DateTime64(6, 'UTC')} AS is_now,
    countIf(counted AND weight != 0) AS day_n,
    countIf(open AND cohort_at < {now:DateTime64(6, 'UTC')}) AS day_open,
    sumIf(value, counted) AS day_value,
    sumIf(weight, counted) AS day_weight,
    quantilesExactInclusiveStateIf(0.5, 0.9)(value, counted AND kpi IN {medians:Array(String)}) AS day_quantiles
FROM sightline.kpi_facts FINAL
WHERE tenant_id IN {tenant_ids:Array(String)}
    AND kpi IN {kpis:Array(String)}
    AND cohort_day IN (
        toDate32({to:DateTime64(6, 'UTC')}),
        toDate32({from:DateTime64(6, 'UTC')}) - if({from_rest:UInt8} = 1, 0, 40000),
        toDate32({before:DateTime64(6, 'UTC')}) - if({before_rest:UInt8} = 1, 0, 40000)
    )
    AND cohort_at >= {before:DateTime64(6, 'UTC')}
    AND cohort_at < {to:DateTime64(6, 'UTC')}
GROUP BY
    tenant_id,
    kpi,
    is_now

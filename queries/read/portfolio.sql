-- KPIs of a window and of the one before, ungrouped: whole days from the rollup, the rest of a window that cuts days from the contributions.
-- Rows without a KPI say what is open of incidents, what they block, and which open clocks are past their deadline; all are parts of one
-- reading, which costs less than a reading of each.
SELECT
    kpi,
    sumIf(day_n, is_now) AS n,
    sumIf(day_open, is_now) AS unfinished,
    sumIf(day_n, NOT is_now) AS n_before,
    sumIf(day_value, is_now) AS value_now,
    sumIf(day_weight, is_now) AS weight_now,
    sumIf(day_value, NOT is_now) AS value_before,
    sumIf(day_weight, NOT is_now) AS weight_before,
    if(n = 0, NULL, quantilesExactInclusiveMergeIf(0.5, 0.9)(day_quantiles, is_now)[1]) AS median_now,
    if(n_before = 0, NULL, quantilesExactInclusiveMergeIf(0.5, 0.9)(day_quantiles, NOT is_now)[1]) AS median_before,
    0 AS open_incidents,
    0 AS blocked_documents,
    0 AS overdue_clocks
FROM (
    SELECT
        toString(kpi) AS kpi,
        cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AS is_now,
        n AS day_n,
        open AS day_open,
        value AS day_value,
        weight AS day_weight,
        quantiles AS day_quantiles
    FROM sightline.kpi_days FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kpi_days.kpi IN {kpis:Array(String)}
        AND (
            (cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AND cohort_day < toDate32({to:DateTime64(6, 'UTC')}))
            OR (cohort_day >= toDate32({before:DateTime64(6, 'UTC')}) + {before_rest:UInt8} AND cohort_day < toDate32({from:DateTime64(6, 'UTC')}))
        )
    -- include {rest}
)
GROUP BY kpi
UNION ALL
SELECT
    -- include shared/portfolio-no-kpi,
    count() AS open_incidents,
    0 AS blocked_documents,
    0 AS overdue_clocks
FROM sightline.incidents FINAL
WHERE tenant_id = {tenant_id:String} AND ended_at IS NULL
UNION ALL
SELECT
    -- include shared/portfolio-no-kpi,
    0 AS open_incidents,
    uniqExact(document_type, document_id) AS blocked_documents,
    0 AS overdue_clocks
FROM sightline.incident_documents FINAL
WHERE tenant_id = {tenant_id:String} AND released_at IS NULL
UNION ALL
SELECT
    -- include shared/portfolio-no-kpi,
    0 AS open_incidents,
    0 AS blocked_documents,
    countIf(deadline_at <= {now:DateTime64(6, 'UTC')}) AS overdue_clocks
FROM sightline.open_clocks FINAL
WHERE tenant_id = {tenant_id:String}
    AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND cohort_at >= {from:DateTime64(6, 'UTC')}
    AND cohort_at < {to:DateTime64(6, 'UTC')}

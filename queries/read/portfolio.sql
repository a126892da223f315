-- What tenants are compared by: KPIs of a window and of the one before (`is_now` tells which), ungrouped, whole days from the rollup and the
-- rest of a window that cuts days from the contributions; and how many incidents are open, what they block, and how many open clocks are past
-- their deadline. All are parts of one reading of all tenants, which costs little more than one of each.
SELECT
    tenant_id AS tenant,
    figure,
    is_now,
    sum(day_n) AS n,
    sum(day_open) AS unfinished,
    sum(day_value) AS value,
    sum(day_weight) AS weight,
    if(n = 0, NULL, quantilesExactInclusiveMerge(0.5, 0.9)(day_quantiles)[1]) AS median
FROM (
    SELECT
        tenant_id,
        toString(kpi) AS figure,
        cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AS is_now,
        n AS day_n,
        open AS day_open,
        value AS day_value,
        weight AS day_weight,
        quantiles AS day_quantiles
    FROM sightline.kpi_days FINAL
    WHERE tenant_id IN {tenant_ids:Array(String)}
        AND kpi IN {kpis:Array(String)}
        AND (
            (cohort_day >= toDate32({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AND cohort_day < toDate32({to:DateTime64(6, 'UTC')}))
            OR (cohort_day >= toDate32({before:DateTime64(6, 'UTC')}) + {before_rest:UInt8} AND cohort_day < toDate32({from:DateTime64(6, 'UTC')}))
        )
    -- include {rest}
)
GROUP BY tenant_id, figure, is_now
UNION ALL
SELECT tenant_id, 'open incidents', true, count(), 0, 0., 0., NULL
FROM sightline.incidents FINAL
WHERE tenant_id IN {tenant_ids:Array(String)} AND ended_at IS NULL
GROUP BY tenant_id
UNION ALL
SELECT tenant_id, 'blocked documents', true, uniqExact(document_type, document_id), 0, 0., 0., NULL
FROM sightline.incident_documents FINAL
WHERE tenant_id IN {tenant_ids:Array(String)} AND released_at IS NULL
GROUP BY tenant_id
UNION ALL
SELECT tenant_id, 'overdue clocks', true, count(), 0, 0., 0., NULL
FROM sightline.open_clocks FINAL
WHERE tenant_id IN {tenant_ids:Array(String)}
    AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND cohort_at >= {from:DateTime64(6, 'UTC')}
    AND cohort_at < {to:DateTime64(6, 'UTC')}
    AND deadline_at <= {now:DateTime64(6, 'UTC')}
GROUP BY tenant_id

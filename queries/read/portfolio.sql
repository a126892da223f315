-- KPIs of a window and of the one before, ungrouped: whole days from the rollup, the rest from the contributions; with what is open of
-- incidents.
WITH
    (
        SELECT count()
        FROM sightline.incidents FINAL
        WHERE tenant_id = {tenant_id:String} AND ended_at IS NULL
    ) AS incidents_open,
    (
        SELECT uniqExact(document_type, document_id)
        FROM sightline.incident_documents FINAL
        WHERE tenant_id = {tenant_id:String} AND released_at IS NULL
    ) AS documents_blocked,
    (
        SELECT countIf(state = 'breached' OR (state IN ('running', 'paused') AND deadline_at <= {now:DateTime64(6, 'UTC')}))
        FROM sightline.sla_clocks FINAL
        WHERE tenant_id = {tenant_id:String}
            AND cohort_day >= toDate({from:DateTime64(6, 'UTC')})
            AND cohort_day <= toDate({to:DateTime64(6, 'UTC')})
            AND cohort_at >= {from:DateTime64(6, 'UTC')}
            AND cohort_at < {to:DateTime64(6, 'UTC')}
    ) AS breached,
    (
        SELECT groupArray((JSONExtractString(body, 'kpi'), JSONExtractFloat(body, 'value')))
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String}
            AND kind = 'targets'
            AND JSONExtractString(body, 'dimension') = ''
            AND valid_from <= {now:DateTime64(6, 'UTC')}
            AND {now:DateTime64(6, 'UTC')} < valid_to
    ) AS stated
SELECT
    asked.kpi AS kpi,
    any(incidents_open) AS open_incidents,
    any(documents_blocked) AS blocked_documents,
    any(breached) AS breached_clocks,
    any(arrayFirst(one -> one.1 = asked.kpi, stated)) AS stated_target,
    sumIf(figures.day_n, is_now) AS n,
    sumIf(figures.day_open, is_now) AS unfinished,
    sumIf(figures.day_n, NOT is_now) AS n_before,
    sumIf(figures.day_value, is_now) AS value_now,
    sumIf(figures.day_weight, is_now) AS weight_now,
    sumIf(figures.day_value, NOT is_now) AS value_before,
    sumIf(figures.day_weight, NOT is_now) AS weight_before,
    if(n = 0, NULL, quantilesExactInclusiveMergeIf(0.5, 0.9)(figures.day_quantiles, is_now)[1]) AS median_now,
    if(n_before = 0, NULL, quantilesExactInclusiveMergeIf(0.5, 0.9)(figures.day_quantiles, NOT is_now)[1]) AS median_before
FROM (SELECT arrayJoin({kpis:Array(String)}) AS kpi) AS asked
LEFT JOIN (
    SELECT
        kpi,
        cohort_day >= toDate({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AS is_now,
        n AS day_n,
        open AS day_open,
        value AS day_value,
        weight AS day_weight,
        quantiles AS day_quantiles
    FROM sightline.kpi_days FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kpi IN {kpis:Array(String)}
        AND (
            (cohort_day >= toDate({from:DateTime64(6, 'UTC')}) + {from_rest:UInt8} AND cohort_day < toDate({to:DateTime64(6, 'UTC')}))
            OR (cohort_day >= toDate({before:DateTime64(6, 'UTC')}) + {before_rest:UInt8} AND cohort_day < toDate({from:DateTime64(6, 'UTC')}))
        )
    UNION ALL
    SELECT
        kpi,
        cohort_at >= {from:DateTime64(6, 'UTC')} AS is_now,
        countIf(counted AND weight != 0) AS day_n,
        countIf(open AND cohort_at < {now:DateTime64(6, 'UTC')}) AS day_open,
        sumIf(value, counted) AS day_value,
        sumIf(weight, counted) AS day_weight,
        quantilesExactInclusiveStateIf(0.5, 0.9)(value, counted AND kpi IN {medians:Array(String)}) AS day_quantiles
    FROM sightline.kpi_facts FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kpi IN {kpis:Array(String)}
        AND cohort_day IN (
            toDate({to:DateTime64(6, 'UTC')}),
            toDate({from:DateTime64(6, 'UTC')}) - if({from_rest:UInt8} = 1, 0, 40000),
            toDate({before:DateTime64(6, 'UTC')}) - if({before_rest:UInt8} = 1, 0, 40000)
        )
        AND cohort_at >= {before:DateTime64(6, 'UTC')}
        AND cohort_at < {to:DateTime64(6, 'UTC')}
    GROUP BY
        kpi,
        is_now
) AS figures USING (kpi)
GROUP BY kpi

-- Computes the days anew that documents which go contributed to, without them.
INSERT INTO sightline.kpi_days
SELECT
    {tenant_id:String} AS tenant_id,
    kpi,
    cohort_day,
    countIf(stays AND counted AND weight != 0) AS n,
    countIf(stays AND open) AS still_open,
    countIf(stays AND NOT counted AND NOT open) AS excluded,
    sumIf(value, stays AND counted) AS value_sum,
    sumIf(weight, stays AND counted) AS weight_sum,
    quantilesExactInclusiveStateIf(0.5, 0.9)(value, stays AND counted AND kpi IN {medians:Array(String)}) AS quantiles,
    toUnixTimestamp64Micro(now64(6, 'UTC')) AS version
FROM (
    SELECT
        kpi,
        cohort_day,
        counted,
        open,
        value,
        weight,
        (document_type, document_id) NOT IN (
            -- include shared/listed-keys
        ) AS stays
    FROM sightline.kpi_facts FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (kpi, cohort_day) IN (
            SELECT
                kpi,
                toDate(cohort_at)
            FROM sightline.kpi_fact_history
            WHERE tenant_id = {tenant_id:String}
                AND (document_type, document_id) IN (
                    -- include shared/listed-keys
                )
        )
)
GROUP BY
    kpi,
    cohort_day

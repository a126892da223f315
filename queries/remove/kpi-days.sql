-- Computes the days anew that documents which go contributed to, without them.
INSERT INTO sightline.kpi_days
SELECT
    {tenant_id:String} AS tenant_id,
    kpi,
    cohort_day,
    -- include shared/kpi-day-figures,
    toUnixTimestamp64Micro(now64(6, 'UTC')) AS version
FROM (
    SELECT
        kpi,
        cohort_day,
        (document_type, document_id) NOT IN (
            -- include shared/listed-keys
        ) AS in_store,
        in_store AND facts.counted AS counted,
        in_store AND facts.open AS open,
        value,
        weight
    FROM sightline.kpi_facts AS facts FINAL
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

-- Computes the days anew that contributions of the scope came to or left; a day that lost all of them keeps a row of nothing. Values are kept
-- for quantiles only of KPIs that are medians.
INSERT INTO sightline.kpi_days
SELECT
    {tenant_id:String} AS tenant_id,
    kpi,
    cohort_day,
    -- include shared/kpi-day-figures,
    {version:UInt64} AS version
FROM (
    SELECT DISTINCT
        kpi,
        toDate(cohort_at) AS cohort_day
    FROM sightline.kpi_fact_history
    WHERE tenant_id = {tenant_id:String}
        AND (document_type, document_id, kpi, subject_id) IN (
            SELECT
                document_type,
                document_id,
                kpi,
                subject_id
            FROM sightline.kpi_fact_history
            WHERE tenant_id = {tenant_id:String}
                AND (document_type, document_id) IN (
                    -- include shared/scope-keys
                )
                AND version > {published:UInt64}
        )
) AS days
LEFT JOIN (
    SELECT
        kpi,
        cohort_day,
        counted,
        open,
        value,
        weight,
        true AS in_store
    FROM sightline.kpi_facts FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (kpi, cohort_day) IN (
            SELECT
                kpi,
                toDate(cohort_at)
            FROM sightline.kpi_fact_history
            WHERE tenant_id = {tenant_id:String}
                AND (document_type, document_id, kpi, subject_id) IN (
                    SELECT
                        document_type,
                        document_id,
                        kpi,
                        subject_id
                    FROM sightline.kpi_fact_history
                    WHERE tenant_id = {tenant_id:String}
                        AND (document_type, document_id) IN (
                            -- include shared/scope-keys
                        )
                        AND version > {published:UInt64}
                )
        )
) AS facts USING (kpi, cohort_day)
GROUP BY
    kpi,
    cohort_day

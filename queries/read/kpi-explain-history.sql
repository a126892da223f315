-- All states that contributions of documents to a KPI ever had, the newest first.
SELECT
    document_type,
    document_id,
    subject_id,
    toUnixTimestamp64Micro(cohort_at) AS cohort_us,
    multiIf(absent, 'absent', counted, 'counted', open, 'open', 'excluded') AS state,
    reason AS why,
    value AS contributed,
    weight AS weighed,
    version AS known_us
FROM sightline.kpi_fact_history FINAL
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
    AND (document_type, document_id) IN arrayZip({types:Array(String)}, {ids:Array(String)})
ORDER BY
    document_type,
    document_id,
    subject_id,
    version DESC

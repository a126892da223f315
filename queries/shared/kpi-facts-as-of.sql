SELECT
    tenant_id,
    kpi,
    document_type,
    document_id,
    subject_id,
    version,
    * EXCEPT (tenant_id, kpi, document_type, document_id, subject_id, version, cohort_day, is_deleted)
FROM sightline.kpi_facts FINAL
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
    AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND (document_type, document_id, subject_id) NOT IN (
        -- include shared/kpi-facts-changed
    )
UNION ALL
SELECT
    tenant_id,
    kpi,
    document_type,
    document_id,
    subject_id,
    version,
    * EXCEPT (tenant_id, kpi, document_type, document_id, subject_id, version, absent, content)
FROM sightline.kpi_fact_history
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
    AND version <= {as_of:UInt64}
    AND (document_type, document_id, subject_id, version) IN (
        SELECT
            document_type,
            document_id,
            subject_id,
            max(version)
        FROM sightline.kpi_fact_history
        WHERE tenant_id = {tenant_id:String}
            AND kpi = {kpi:String}
            AND version <= {as_of:UInt64}
            AND (document_type, document_id, subject_id) IN (
                -- include shared/kpi-facts-changed
            )
        GROUP BY
            document_type,
            document_id,
            subject_id
    )
    AND NOT absent

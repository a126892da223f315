SELECT *
FROM sightline.kpi_fact_history
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
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
        GROUP BY
            document_type,
            document_id,
            subject_id
    )
    AND NOT absent

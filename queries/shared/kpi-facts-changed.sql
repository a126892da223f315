SELECT
    document_type,
    document_id,
    subject_id
FROM sightline.kpi_fact_history
WHERE tenant_id = {tenant_id:String}
    AND kpi = {kpi:String}
    AND version > {as_of:UInt64}

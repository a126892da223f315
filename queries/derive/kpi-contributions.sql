-- What the scope's documents contribute to KPIs.
INSERT INTO sightline.derive_contributions
    (tenant_id, batch, kpi, document_type, document_id, subject_id, cohort_at, counted, open, reason, value, weight, facets)
SELECT
    {tenant_id:String},
    {batch:String},
    kpi,
    document_type,
    document_id,
    subject_id,
    cohort_at,
    counted,
    open,
    reason,
    value,
    weight,
    facets
FROM (
    -- include {contributions}
)
SETTINGS compile_expressions = 0, compile_aggregate_expressions = 0, compile_sort_description = 0

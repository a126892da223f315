SELECT
    {kpi_n:String} AS kpi,
    document_type,
    document_id,
    subject_id,
    cohort_at,
    toBool(counted) AS counted,
    toBool(open) AS open,
    toString(reason) AS reason,
    toFloat64(value) AS value,
    toFloat64(weight) AS weight,
    facets
FROM (
    -- include {kpi}
)

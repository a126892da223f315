-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.kpi_fact_history
SELECT * REPLACE (
    addDays(cohort_at, -{days:Int32}) AS cohort_at,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.kpi_fact_history AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.cohort_at) >= toDate({since:String})
    AND NOT rows.open

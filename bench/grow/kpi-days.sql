-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.kpi_days
SELECT * REPLACE (
    addDays(cohort_day, -{days:Int32}) AS cohort_day,
    0 AS open
)
FROM sightline.kpi_days AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.cohort_day >= toDate({since:String})

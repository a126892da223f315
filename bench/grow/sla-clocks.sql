-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.sla_clocks
SELECT * REPLACE (
    addDays(cohort_day, -{days:Int32}) AS cohort_day,
    addDays(cohort_at, -{days:Int32}) AS cohort_at,
    addDays(started_at, -{days:Int32}) AS started_at,
    addDays(ended_at, -{days:Int32}) AS ended_at,
    addDays(deadline_at, -{days:Int32}) AS deadline_at,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.sla_clocks AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.cohort_day >= toDate({since:String})
    AND rows.ended_at IS NOT NULL

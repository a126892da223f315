-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.incidents
SELECT * REPLACE (
    addDays(first_failed_at, -{days:Int32}) AS first_failed_at,
    addDays(last_failed_at, -{days:Int32}) AS last_failed_at,
    addDays(ended_at, -{days:Int32}) AS ended_at,
    concat({mark:String}, incident_id) AS incident_id
)
FROM sightline.incidents AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.first_failed_at) >= toDate({since:String})
    AND rows.ended_at IS NOT NULL

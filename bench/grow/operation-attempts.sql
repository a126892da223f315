-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.operation_attempts
SELECT * REPLACE (
    addDays(attempted_day, -{days:Int32}) AS attempted_day,
    addDays(attempted_at, -{days:Int32}) AS attempted_at,
    concat({mark:String}, document_id) AS document_id,
    concat({mark:String}, attempt_id) AS attempt_id,
    concat({mark:String}, operation_id) AS operation_id
)
FROM sightline.operation_attempts AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.attempted_day >= toDate({since:String})

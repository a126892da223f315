-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.violations
SELECT * REPLACE (
    addDays(detected_day, -{days:Int32}) AS detected_day,
    addDays(detected_at, -{days:Int32}) AS detected_at,
    concat({mark:String}, document_id) AS document_id,
    concat({mark:String}, violation_id) AS violation_id
)
FROM sightline.violations AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.detected_day >= toDate({since:String})
    AND NOT rows.retracted

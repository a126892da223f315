-- Adds what the last half-year holds once more, earlier by days, with documents of its own.
INSERT INTO sightline.object_activity
SELECT * REPLACE (
    addDays(last_day, -{days:Int32}) AS last_day,
    addDays(first_at, -{days:Int32}) AS first_at,
    addDays(last_at, -{days:Int32}) AS last_at,
    concat({mark:String}, object_id) AS object_id
)
FROM sightline.object_activity AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.last_day >= toDate32({since:String})

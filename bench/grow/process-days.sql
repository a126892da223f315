-- Adds what the last half-year holds once more, earlier by days.
INSERT INTO sightline.process_days
SELECT * REPLACE (addDays(started_day, -{days:Int32}) AS started_day)
FROM sightline.process_days AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.started_day >= toDate32({since:String})

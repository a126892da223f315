-- Adds what the last half-year holds once more, earlier by days.
INSERT INTO sightline.metric_points
SELECT * REPLACE (addDays(at, -{days:Int32}) AS at)
FROM sightline.metric_points AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.at >= toDateTime64({since:String}, 6, 'UTC')

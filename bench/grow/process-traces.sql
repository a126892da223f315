-- Adds what the last half-year holds once more, earlier by days, with documents of its own.
INSERT INTO sightline.process_traces
SELECT * REPLACE (
    addDays(started_day, -{days:Int32}) AS started_day,
    addDays(started_at, -{days:Int32}) AS started_at,
    arrayMap(one -> addDays(one, -{days:Int32}), instants) AS instants,
    arrayMap(one -> if(one = toDateTime64(0, 6, 'UTC'), one, addDays(one, -{days:Int32})), ends) AS ends,
    concat({mark:String}, object_id) AS object_id
)
FROM sightline.process_traces AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.started_day >= toDate32({since:String})

-- Adds what the last half-year holds once more, earlier by days, with traces and documents of its own.
INSERT INTO sightline.integration_calls
SELECT * REPLACE (
    addDays(started_at, -{days:Int32}) AS started_at,
    lower(hex(MD5(concat({mark:String}, trace_id)))) AS trace_id,
    arrayMap(one -> concat({mark:String}, one), object_ids) AS object_ids
)
FROM sightline.integration_calls AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.started_at >= toDateTime64({since:String}, 6, 'UTC')

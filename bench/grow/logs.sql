-- Adds what the last half-year holds once more, earlier by days, with traces of its own.
INSERT INTO sightline.logs
SELECT * REPLACE (
    addDays(at, -{days:Int32}) AS at,
    lower(hex(MD5(concat({mark:String}, trace_id)))) AS trace_id,
    reinterpretAsUUID(MD5(concat({mark:String}, toString(log_id)))) AS log_id
)
FROM sightline.logs AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.at >= toDateTime64({since:String}, 6, 'UTC')

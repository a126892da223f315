-- Calls of systems by bucket; what counts as a call is told in shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    multiIf(
        {bucket:String} = 'minute', toDateTime64(dateTrunc('minute', started_at), 6, 'UTC'),
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', started_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', started_at), 6, 'UTC'),
        toDateTime64(dateTrunc('week', started_at), 6, 'UTC')
    ) AS bucket,
    system,
    -- include shared/call-figures
FROM reported
WHERE is_call
GROUP BY
    bucket,
    system
ORDER BY bucket, system
LIMIT 100000

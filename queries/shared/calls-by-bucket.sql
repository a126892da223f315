-- Calls in `reported` with the bucket that they started in.
SELECT
    *,
    multiIf(
        {bucket:String} = 'minute', toDateTime64(dateTrunc('minute', started_at), 6, 'UTC'),
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', started_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', started_at), 6, 'UTC'),
        toDateTime64(dateTrunc('week', started_at), 6, 'UTC')
    ) AS of_bucket
FROM reported

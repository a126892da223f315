-- The bucket of an instant; 1970 where the window is a whole.
multiIf(
    {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', cohort_at), 6, 'UTC'),
    {bucket:String} = 'day', toDateTime64(dateTrunc('day', cohort_at), 6, 'UTC'),
    {bucket:String} = 'week', toDateTime64(dateTrunc('week', cohort_at), 6, 'UTC'),
    {bucket:String} = 'month', toDateTime64(dateTrunc('month', cohort_at), 6, 'UTC'),
    toDateTime64(0, 6, 'UTC')
) AS bucket

-- Systems by what their calls did in a window, and their calls by bucket (`is_whole` tells which). A call that the caller and the callee both
-- report counts once, as the caller saw it; runs of workflows and work within a service are no calls.
WITH
    -- include shared/reported-calls
SELECT
    grouping(of_bucket) = 1 AS is_whole,
    system,
    of_bucket AS bucket,
    argMaxIf(system_class, started_at, system_class != '') AS last_class,
    if(is_whole, arraySort(groupUniqArray(kind)), []) AS kinds,
    if(is_whole, arraySort(groupUniqArray(20)(reporter)), []) AS reporters,
    -- include shared/call-figures,
    uniqExactArray(arrayMap((type, id) -> (type, id), object_types, object_ids)) AS documents,
    min(started_at) AS first_at,
    max(started_at) AS last_at,
    if(
        is_whole AND technical > 0,
        [argMaxIf(
            tuple(started_at, operation, status, status_code, error_type, message, class, category, trace_id, span_id),
            (started_at, trace_id, span_id),
            is_call AND class = 'technical'
        )],
        []
    ) AS last_errors
FROM (
    SELECT
        *,
        multiIf(
            {bucket:String} = 'minute', toDateTime64(dateTrunc('minute', started_at), 6, 'UTC'),
            {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', started_at), 6, 'UTC'),
            {bucket:String} = 'day', toDateTime64(dateTrunc('day', started_at), 6, 'UTC'),
            toDateTime64(dateTrunc('week', started_at), 6, 'UTC')
        ) AS of_bucket
    FROM reported
)
GROUP BY GROUPING SETS ((system), (system, of_bucket))
HAVING is_whole OR calls > 0
ORDER BY if(is_whole, technical, 0) DESC, if(is_whole, calls, 0) DESC, bucket, system
LIMIT 100000

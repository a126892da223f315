-- What a system did, of calls in `reported`: where `is_whole`, with what called it and its last technical failure.
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

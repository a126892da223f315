-- Calls that served the scope's documents, document by document.
SELECT
    object_type,
    object_id,
    concat(trace_id, '/', span_id) AS call_id,
    toUnixTimestamp64Micro(started_at) AS started_us,
    toUnixTimestamp64Micro(started_at) + toInt64(round(duration_ms * 1000)) AS ended_us,
    system,
    operation,
    status,
    class,
    category
FROM sightline.object_calls FINAL
WHERE tenant_id = {tenant_id:String}
    AND (object_type, object_id) IN (
        -- include shared/scope-keys
    )
    AND object_type IN {types:Array(String)}
    AND kind != 'other'
ORDER BY
    object_type,
    object_id,
    started_at,
    trace_id,
    span_id

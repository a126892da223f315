-- Traces with a span that matches, by their first span, the latest first; spans that lie more than an hour outside of the window are not seen.
SELECT
    trace_id,
    min(started_at) AS first_at,
    toUnixTimestamp64Micro(first_at) AS first_us,
    (max(toUnixTimestamp64Micro(started_at) + duration_ms * 1000) - first_us) / 1000 AS lasted_ms,
    argMin(tuple(system, kind, operation), (started_at, span_id)) AS root,
    uniqExact(span_id) AS spans,
    uniqExactIf(span_id, class = 'technical') AS failed,
    arraySort(groupUniqArray(50)(system)) AS systems,
    groupUniqArrayArray(20)(arrayMap((type, id) -> (type, id), object_types, object_ids)) AS documents
FROM sightline.integration_calls
WHERE tenant_id = {tenant_id:String}
    AND started_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
    AND started_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 HOUR
    AND trace_id IN (
        SELECT trace_id
        FROM sightline.integration_calls
        WHERE tenant_id = {tenant_id:String}
            AND started_at >= {from:DateTime64(6, 'UTC')}
            AND started_at < {to:DateTime64(6, 'UTC')}
            AND ({system:String} = '' OR system = {system:String})
            AND ({status:String} = '' OR status = {status:String} OR ({status:String} = 'not_ok' AND status != 'ok'))
            AND (
                {object_id:String} = ''
                OR trace_id IN (
                    SELECT trace_id
                    FROM sightline.object_calls
                    WHERE tenant_id = {tenant_id:String}
                        AND object_type = {object_type:String}
                        AND object_id = {object_id:String}
                )
            )
    )
GROUP BY trace_id
HAVING first_at >= {from:DateTime64(6, 'UTC')}
    AND first_at < {to:DateTime64(6, 'UTC')}
    AND (first_us, trace_id) < ({after_us:Int64}, {after_trace:String})
ORDER BY first_us DESC, trace_id DESC
LIMIT {limit:UInt32}

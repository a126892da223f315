-- Which calls a page shows, the latest first; work within a service only where one trace or run is asked for.
SELECT
    toUnixTimestamp64Micro(started_at) AS started_us,
    trace_id,
    span_id
FROM sightline.integration_calls
WHERE tenant_id = {tenant_id:String}
    AND started_at >= {from:DateTime64(6, 'UTC')}
    AND started_at < {to:DateTime64(6, 'UTC')}
    AND ({system:String} = '' OR system = {system:String})
    AND ({kind:String} = '' OR kind = {kind:String})
    AND ({operation:String} = '' OR operation = {operation:String})
    AND ({status:String} = '' OR status = {status:String} OR ({status:String} = 'not_ok' AND status != 'ok'))
    AND ({class:String} = '' OR class = {class:String})
    AND ({trace:String} = '' OR trace_id = {trace:String})
    AND ({workflow:String} = '' OR workflow = {workflow:String})
    AND ({run:String} = '' OR workflow_run = {run:String})
    AND ({queue:String} = '' OR queue = {queue:String})
    AND (
        {object_id:String} = ''
        OR (trace_id, span_id) IN (
            SELECT
                trace_id,
                span_id
            FROM sightline.object_calls
            WHERE tenant_id = {tenant_id:String}
                AND object_type = {object_type:String}
                AND object_id = {object_id:String}
        )
    )
    AND (kind != 'other' OR {kind:String} = 'other' OR {trace:String} != '' OR {run:String} != '')
    AND (started_us, trace_id, span_id) < ({after_us:Int64}, {after_trace:String}, {after_span:String})
ORDER BY started_at DESC, trace_id DESC, span_id DESC
LIMIT 1 BY trace_id, span_id
LIMIT {limit:UInt32}

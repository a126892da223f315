-- Log records, the latest first.
SELECT
    log_id,
    at,
    toUnixTimestamp64Micro(at) AS at_us,
    system,
    reporter,
    severity,
    event_name,
    body,
    trace_id,
    span_id,
    resource,
    object_types,
    object_ids,
    attributes
FROM (
    SELECT *
    FROM sightline.logs
    WHERE tenant_id = {tenant_id:String}
        AND at >= {from:DateTime64(6, 'UTC')}
        AND at < {to:DateTime64(6, 'UTC')}
        AND ({system:String} = '' OR system = {system:String})
        AND severity_number >= {severity:UInt8}
        AND ({event:String} = '' OR event_name = {event:String})
        AND ({trace:String} = '' OR trace_id = {trace:String})
        AND ({resource:String} = '' OR resource = {resource:String})
        AND ({q:String} = '' OR positionCaseInsensitiveUTF8(body, {q:String}) > 0)
        AND (toUnixTimestamp64Micro(at), toString(log_id)) < ({after_us:Int64}, {after_id:String})
    ORDER BY at DESC, toString(log_id) DESC, first_arrival DESC
    LIMIT 1 BY log_id
    LIMIT {limit:UInt32}
)
ORDER BY at DESC, toString(log_id) DESC

-- Systems by attempts that failed technically; what has no operation id counts as an attempt of its own.
SELECT
    system,
    uniqExact(if(operation_id = '', toString(event_id), operation_id), attempt) AS failed_attempts,
    uniqExact(if(operation_id = '', toString(event_id), operation_id)) AS operations,
    uniqExact(object_type, object_id) AS objects
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND live
    AND class = 'technical'
    AND exception_state = ''
    AND occurred_at >= {from:DateTime64(6, 'UTC')} AND occurred_at < {to:DateTime64(6, 'UTC')}
GROUP BY system
ORDER BY failed_attempts DESC, system
LIMIT 200

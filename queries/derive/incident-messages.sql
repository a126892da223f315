-- What events and calls said of failures, and which deployment or mapping version they name.
SELECT
    toString(event_id) AS attempt_id,
    any(message) AS text,
    any(arrayFirst(
        value -> value != '',
        arrayMap(name -> JSONExtractString(attributes, name), ['deployment', 'deployment.id', 'release', 'mapping_version', 'service.version', 'version'])
    )) AS release,
    any(trace_id) AS trace
FROM sightline.events
WHERE tenant_id = {tenant_id:String} AND event_id IN {events:Array(UUID)}
GROUP BY event_id
UNION ALL
SELECT
    concat(trace_id, '/', span_id) AS attempt_id,
    any(message) AS text,
    any(arrayFirst(
        value -> value != '',
        arrayMap(name -> JSONExtractString(attributes, name), ['deployment.id', 'service.version', 'deployment', 'release', 'mapping_version', 'version'])
    )) AS release,
    any(trace_id) AS trace
FROM sightline.integration_calls
WHERE tenant_id = {tenant_id:String} AND trace_id IN {traces:Array(String)}
GROUP BY
    trace_id,
    span_id

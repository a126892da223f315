-- Workflow events that carry a trace, among those of these documents.
SELECT
    event_id,
    occurred_at,
    activity,
    system,
    object_types,
    object_ids
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND trace_id = {trace:String}
    AND toYear(occurred_at) IN (
        SELECT toYear(occurred_at)
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN arrayZip({types:Array(String)}, {ids:Array(String)})
    )
    AND event_id IN (
        SELECT event_id
        FROM sightline.object_traces
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN arrayZip({types:Array(String)}, {ids:Array(String)})
            AND trace_id = {trace:String}
    )
ORDER BY occurred_at, seq, event_id, first_arrival DESC
LIMIT 1 BY event_id
LIMIT 200

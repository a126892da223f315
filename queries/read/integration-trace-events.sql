-- Workflow events that carry a trace, among those of the documents that its spans name.
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
    AND event_id IN (
        SELECT event_id
        FROM sightline.object_traces
        WHERE tenant_id = {tenant_id:String}
            AND trace_id = {trace:String}
            AND (object_type, object_id) IN (
                SELECT
                    type,
                    id
                FROM sightline.integration_calls
                ARRAY JOIN
                    object_types AS type,
                    object_ids AS id
                WHERE tenant_id = {tenant_id:String}
                    AND trace_id = {trace:String}
            )
    )
ORDER BY occurred_at, seq, event_id, first_arrival DESC
LIMIT 1 BY event_id
LIMIT 200

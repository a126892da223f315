-- Calls that served one document: those that name it, and those without documents of their own in traces that name it, or that its events
-- carry. In order of start.
SELECT
    -- include shared/call-columns
FROM (
    SELECT *
    FROM sightline.integration_calls
    WHERE tenant_id = {tenant_id:String}
        AND (toStartOfHour(started_at), trace_id) IN (
            SELECT
                hour,
                trace_id
            FROM sightline.trace_hours
            WHERE tenant_id = {tenant_id:String}
                AND trace_id IN (
                    SELECT trace_id
                    FROM sightline.object_calls
                    WHERE tenant_id = {tenant_id:String}
                        AND object_type = {type:String}
                        AND object_id = {id:String}
                    UNION DISTINCT
                    SELECT trace_id
                    FROM sightline.object_traces
                    WHERE tenant_id = {tenant_id:String}
                        AND object_type = {type:String}
                        AND object_id = {id:String}
                )
        )
        AND kind != 'other'
        AND (
            empty(object_ids)
            OR arrayExists((of_type, of_id) -> of_type = {type:String} AND of_id = {id:String}, object_types, object_ids)
        )
    ORDER BY started_at, trace_id, span_id, first_arrival DESC
    LIMIT 1 BY trace_id, span_id
    LIMIT {limit:UInt32}
)
ORDER BY started_at, trace_id, span_id

-- How many documents each system blocks: those whose last call of an operation failed technically. What counts as a call is told in
-- shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    system,
    uniqExact(object_type, object_id) AS documents
FROM (
    SELECT
        system,
        object_type,
        object_id,
        argMax(class, (started_at, trace_id, span_id)) AS last_class
    FROM reported
    ARRAY JOIN
        object_types AS object_type,
        object_ids AS object_id
    WHERE is_call
        AND (object_type, object_id) IN (
            SELECT
                type,
                id
            FROM sightline.integration_calls
            ARRAY JOIN
                object_types AS type,
                object_ids AS id
            WHERE tenant_id = {tenant_id:String}
                AND started_at >= {from:DateTime64(6, 'UTC')}
                AND started_at < {to:DateTime64(6, 'UTC')}
                AND ({system:String} = '' OR system = {system:String})
                AND class = 'technical'
        )
    GROUP BY
        system,
        operation,
        object_type,
        object_id
)
WHERE last_class = 'technical'
GROUP BY system

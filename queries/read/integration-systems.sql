-- Systems by what their calls did in a window. A call that the caller and the callee both report counts once, as the caller saw it; runs of
-- workflows and work within a service are no calls. A document is blocked by a system while its last call of an operation failed technically.
WITH
    -- include shared/reported-calls,
    blocked AS (
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
    )
SELECT
    figures.*,
    blocked.documents AS documents_blocked
FROM (
    SELECT
        system,
        argMaxIf(system_class, started_at, system_class != '') AS last_class,
        arraySort(groupUniqArray(kind)) AS kinds,
        arraySort(groupUniqArray(20)(reporter)) AS reporters,
        -- include shared/call-figures,
        uniqExactArray(arrayMap((type, id) -> (type, id), object_types, object_ids)) AS documents,
        min(started_at) AS first_at,
        max(started_at) AS last_at,
        argMaxIf(
            tuple(started_at, operation, status, status_code, error_type, message, class, category, trace_id, span_id),
            (started_at, trace_id, span_id),
            is_call AND class = 'technical'
        ) AS last_error
    FROM reported
    GROUP BY system
) AS figures
LEFT JOIN blocked ON blocked.system = figures.system
ORDER BY technical DESC, calls DESC, system
LIMIT 500

-- What went wrong in the calls of a system, by kind of error; what counts as a call is told in integration-systems.sql.
WITH
    reported AS (
        SELECT
            *,
            kind NOT IN ('workflow', 'other') AS is_call
        FROM sightline.integration_calls FINAL
        WHERE tenant_id = {tenant_id:String}
            AND started_at >= {from:DateTime64(6, 'UTC')}
            AND started_at < {to:DateTime64(6, 'UTC')}
            AND ({system:String} = '' OR system = {system:String})
            AND NOT (
                span_kind = 'server'
                AND parent_span_id != ''
                AND (system, trace_id, parent_span_id) IN (
                    SELECT
                        system,
                        trace_id,
                        span_id
                    FROM sightline.integration_calls
                    WHERE tenant_id = {tenant_id:String}
                        AND started_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
                        AND started_at < {to:DateTime64(6, 'UTC')}
                        AND ({system:String} = '' OR system = {system:String})
                        AND span_kind = 'client'
                        AND (trace_id, span_id) IN (
                            SELECT
                                trace_id,
                                parent_span_id
                            FROM sightline.integration_calls
                            WHERE tenant_id = {tenant_id:String}
                                AND started_at >= {from:DateTime64(6, 'UTC')}
                                AND started_at < {to:DateTime64(6, 'UTC')}
                                AND span_kind = 'server'
                                AND parent_span_id != ''
                        )
                )
            )
    )
SELECT
    class,
    category,
    status,
    status_code,
    error_type,
    argMax(tuple(message, trace_id, span_id), (started_at, trace_id, span_id)) AS last,
    count() AS calls,
    uniqExactArray(arrayMap((type, id) -> (type, id), object_types, object_ids)) AS documents,
    min(started_at) AS first_at,
    max(started_at) AS last_at
FROM reported
WHERE is_call
    AND (status != 'ok' OR class != 'none')
GROUP BY
    class,
    category,
    status,
    status_code,
    error_type
ORDER BY calls DESC, last_at DESC
LIMIT 100

-- Calls of systems by bucket; what counts as a call is told in integration-systems.sql.
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
    multiIf(
        {bucket:String} = 'minute', toDateTime64(dateTrunc('minute', started_at), 6, 'UTC'),
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', started_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', started_at), 6, 'UTC'),
        toDateTime64(dateTrunc('week', started_at), 6, 'UTC')
    ) AS bucket,
    system,
    countIf(is_call) AS calls,
    countIf(is_call AND status = 'ok' AND class = 'none') AS ok,
    countIf(is_call AND class = 'technical') AS technical,
    countIf(is_call AND class = 'business') AS business,
    countIf(is_call AND class = 'unknown') AS unknown,
    countIf(is_call AND status = 'throttled') AS throttled,
    countIf(is_call AND status = 'unauthenticated') AS unauthenticated,
    countIf(is_call AND status = 'refused') AS refused,
    countIf(is_call AND status = 'timeout') AS timeouts,
    countIf(is_call AND status = 'cancelled') AS cancelled,
    countIf(is_call AND attempt > 1) AS retries,
    quantilesExactIf(0.5, 0.95, 0.99)(duration_ms, is_call) AS quantiles_ms
FROM reported
WHERE is_call
GROUP BY
    bucket,
    system
ORDER BY bucket, system
LIMIT 100000

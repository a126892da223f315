-- What systems did, each call once. A call that the caller and the callee both report counts as the caller saw it; runs of workflows and
-- work within a service are no calls. FINAL would merge all months: what is looked at first is
-- of the key, whose hours have the range of DateTime, and so is the month.
reported AS (
    SELECT
        *,
        kind NOT IN ('workflow', 'other') AS is_call
    FROM sightline.integration_calls FINAL
    PREWHERE tenant_id = {tenant_id:String}
        AND _partition_id >= toString(toYYYYMM({from:DateTime64(6, 'UTC')}))
        AND _partition_id <= toString(toYYYYMM({to:DateTime64(6, 'UTC')}))
        AND toStartOfHour(started_at) >= toStartOfHour(greatest({from:DateTime64(6, 'UTC')}, toDateTime64('1970-01-02 00:00:00', 6, 'UTC')))
        AND toStartOfHour(started_at) <= toStartOfHour(least({to:DateTime64(6, 'UTC')}, toDateTime64('2106-01-01 00:00:00', 6, 'UTC')))
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

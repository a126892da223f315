-- How much of the target's own time the latest clocks of service levels took that ended, the earliest first. What was cancelled is seen only
-- up to then.
SELECT
    sla_id,
    groupArray(toFloat64(used_us)) AS used,
    groupArray(toFloat64(ifNull(target_us, 0))) AS targets,
    groupArray(state = 'cancelled') AS censored
FROM (
    SELECT
        sla_id,
        used_us,
        target_us,
        state
    FROM (
        SELECT
            sla_id,
            used_us,
            target_us,
            state,
            started_at
        FROM sightline.sla_clocks FINAL
        WHERE tenant_id = {tenant_id:String}
            AND sla_id IN {sla_ids:Array(String)}
            AND state IN ('met', 'breached', 'cancelled')
            AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
            AND ended_at <= {to:DateTime64(6, 'UTC')}
        ORDER BY
            sla_id,
            started_at DESC
        LIMIT 2000 BY sla_id
    )
    ORDER BY
        sla_id,
        started_at
)
GROUP BY sla_id

-- Clocks of each service level by bucket: met, breached (those that are open and past their deadline among them), cancelled, and what is open.
SELECT
    sla_id,
    -- include shared/kpi-bucket,
    if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
    countIf(now_state = 'met') AS met,
    countIf(now_state = 'breached') AS breached,
    countIf(now_state = 'breached' AND ended_at IS NULL) AS breached_open,
    countIf(now_state = 'cancelled') AS cancelled,
    quantileExactInclusiveIf(0.5)(used_us / target_us, now_state = 'met' AND target_us > 0) AS used_share
FROM (
    SELECT
        *,
        -- include shared/clock-state
    FROM sightline.sla_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND ({sla_id:String} = '' OR sla_id = {sla_id:String})
        AND cohort_day >= toDate({from:DateTime64(6, 'UTC')})
        AND cohort_day <= toDate({to:DateTime64(6, 'UTC')})
        AND now_state IN ('met', 'breached', 'cancelled')
)
WHERE cohort_at >= {from:DateTime64(6, 'UTC')}
    AND cohort_at < {to:DateTime64(6, 'UTC')}
GROUP BY sla_id, bucket, `group`
ORDER BY sla_id, bucket, `group`

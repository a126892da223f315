-- Clocks of service levels: met, breached (those that are open and past their deadline among them) and cancelled. `cut` whole: a row for each
-- service level, and one for the window before; bucket and group, where one service level is asked for: a row for each of the window.
SELECT
    multiIf(grouping(bucket) = 0, 'bucket', grouping(`group`) = 0, 'group', 'whole') AS cut,
    sla_id,
    earlier,
    bucket,
    `group`,
    countIf(now_state = 'met') AS met,
    countIf(now_state = 'breached') AS breached,
    countIf(now_state = 'breached' AND ended_at IS NULL) AS breached_open,
    countIf(now_state = 'cancelled') AS cancelled,
    quantileExactInclusiveIf(0.5)(used_us / target_us, now_state = 'met' AND target_us > 0) AS used_share
FROM (
    SELECT
        sla_id,
        cohort_at < {from:DateTime64(6, 'UTC')} AS earlier,
        -- include shared/kpi-bucket,
        toString({group_by:Identifier}) AS `group`,
        ended_at,
        used_us,
        target_us,
        -- include shared/clock-state
    FROM sightline.sla_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND ({sla_id:String} = '' OR sla_id = {sla_id:String})
        AND cohort_day >= toDate32({before:DateTime64(6, 'UTC')})
        AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
        AND cohort_at >= {before:DateTime64(6, 'UTC')}
        AND cohort_at < {to:DateTime64(6, 'UTC')}
        AND now_state IN ('met', 'breached', 'cancelled')
)
GROUP BY GROUPING SETS ((sla_id, earlier), (sla_id, earlier, bucket), (sla_id, earlier, `group`))
HAVING cut = 'whole' OR ({sla_id:String} != '' AND NOT earlier)
ORDER BY cut, sla_id, earlier, bucket, `group`

-- What is open of each service level now.
SELECT
    sla_id,
    countIf(now_state = 'running') AS running,
    countIf(now_state = 'paused') AS paused,
    countIf(now_state = 'breached') AS breached_open
FROM (
    SELECT
        sla_id,
        -- include shared/clock-state
    FROM sightline.open_clocks FINAL
    WHERE tenant_id = {tenant_id:String}
        AND ({sla_id:String} = '' OR sla_id = {sla_id:String})
)
GROUP BY sla_id
ORDER BY sla_id

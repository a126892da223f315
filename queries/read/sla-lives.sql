-- How much of the target's own time clocks of a service level took: of those that ended and of those that run. What was cancelled is
-- seen only up to then.
SELECT
    used_us,
    target_us,
    state = 'cancelled' AS censored
FROM sightline.sla_clocks FINAL
WHERE tenant_id = {tenant_id:String}
    AND sla_id = {sla_id:String}
    AND state IN ('met', 'breached', 'cancelled')
    AND cohort_day >= toDate({from:DateTime64(6, 'UTC')})
ORDER BY started_at DESC
LIMIT 2000

-- What is wrong with what sources send: open findings first, the worst and latest of them on top.
SELECT
    feed,
    check_id,
    subject,
    severity,
    message,
    evidence,
    first_at,
    last_at,
    state
FROM sightline.quality_findings FINAL
WHERE tenant_id = {tenant_id:String}
ORDER BY
    indexOf(['open', 'acknowledged', 'gone'], state),
    indexOf(['error', 'warning', 'info'], severity),
    last_at DESC,
    feed,
    check_id,
    subject
LIMIT 500

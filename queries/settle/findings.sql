-- The findings of one way in as they stand.
SELECT
    check_id,
    subject,
    severity,
    message,
    evidence,
    toString(toUnixTimestamp64Micro(first_at)) AS first_us,
    toString(toUnixTimestamp64Micro(last_at)) AS last_us,
    state
FROM sightline.quality_findings FINAL
WHERE tenant_id = {tenant_id:String} AND feed = {feed:String}

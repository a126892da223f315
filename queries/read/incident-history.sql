-- What was known of an incident, and since when.
SELECT
    fromUnixTimestamp64Micro(toInt64(version), 'UTC') AS known_at,
    absent,
    category,
    first_failed_at,
    last_failed_at,
    ended_at,
    failed_attempts,
    operations,
    operations_healed,
    system
FROM sightline.incident_history FINAL
WHERE tenant_id = {tenant_id:String} AND incident_id = {id:String}
ORDER BY version
LIMIT 500

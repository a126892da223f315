-- When connectors were down: their technical exceptions from raised to resolved.
SELECT
    exception_id AS id,
    any(system) AS failed,
    toUnixTimestamp64Micro(minIf(occurred_at, exception_state = 'raised')) AS from_us,
    if(countIf(exception_state = 'resolved') = 0, NULL, toUnixTimestamp64Micro(maxIf(occurred_at, exception_state = 'resolved'))) AS to_us
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND object_type = 'connector'
    AND live
    AND exception_id != ''
GROUP BY exception_id
HAVING countIf(exception_state = 'raised' AND class = 'technical') > 0

-- Working calendars of a tenant, each version, and who works by which of them now.
SELECT
    kind,
    key,
    toUnixTimestamp64Micro(valid_from) AS from_us,
    body AS stated
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}
    AND (
        kind = 'calendars'
        OR (kind IN ('identities', 'suppliers') AND JSONHas(body, 'calendar') AND valid_from <= now64(6) AND valid_to > now64(6))
    )
ORDER BY
    kind,
    key,
    from_us

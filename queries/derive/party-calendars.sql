-- Working calendars of a tenant, and who works by which of them.
SELECT
    kind,
    key,
    argMax(body, valid_from) AS newest
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}
    AND kind IN ('calendars', 'identities', 'suppliers')
    AND valid_from <= now64(6)
    AND valid_to > now64(6)
    AND (kind = 'calendars' OR JSONHas(body, 'calendar'))
GROUP BY
    kind,
    key
ORDER BY
    kind,
    key

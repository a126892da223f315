-- Incidents of a system that touch a stretch, as they are known.
SELECT
    incident_id,
    newest.1 AS content_text,
    toUnixTimestamp64Micro(newest.2) AS first_us,
    toUnixTimestamp64Micro(newest.3) AS last_us
FROM (
    SELECT
        incident_id,
        argMax((toString(content), first_failed_at, last_failed_at, absent), version) AS newest
    FROM sightline.incident_history
    WHERE tenant_id = {tenant_id:String} AND system = {system:String}
    GROUP BY incident_id
)
WHERE NOT newest.4
    AND newest.2 <= fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    AND newest.3 >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')

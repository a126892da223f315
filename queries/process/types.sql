-- Object types of the tenant with their events (pairs of object and event) and objects, as far as their traces are computed.
SELECT
    object_type AS type,
    sum(steps) AS events,
    sum(process_days.objects) AS objects
FROM sightline.process_days FINAL
WHERE tenant_id = {tenant_id:String}
GROUP BY type
HAVING objects > 0
ORDER BY objects DESC, type

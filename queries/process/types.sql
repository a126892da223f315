-- Object types of the tenant with their events (pairs of object and event) and objects.
SELECT
    object_type AS type,
    countIf(is_step) AS events,
    uniqExact(object_id) AS objects
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND live
GROUP BY type
ORDER BY objects DESC, type

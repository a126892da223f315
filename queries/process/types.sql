-- Object types of the tenant with their events (pairs of object and event) and objects, as far as their traces are computed; a type is
-- listed as soon as an event names it.
WITH computed AS (
    SELECT
        object_type AS type,
        sum(steps) AS events,
        sum(process_days.objects) AS objects
    FROM sightline.process_days FINAL
    WHERE tenant_id = {tenant_id:String}
    GROUP BY type
    HAVING objects > 0
)
SELECT type, events, objects
FROM (
    SELECT * FROM computed
    UNION ALL
    SELECT DISTINCT
        object_type AS type,
        0 AS events,
        0 AS objects
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND live
        AND is_step
        AND type NOT IN (SELECT type FROM computed)
)
ORDER BY objects DESC, type

-- Object types, among some, that have steps.
SELECT DISTINCT object_type AS type
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND object_type IN {among:Array(String)}
    AND live
    AND is_step
ORDER BY type

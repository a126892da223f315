-- Exceptions and operations that these events belong to.
SELECT DISTINCT root_id
FROM sightline.exception_roots
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}

-- Exceptions that name a cause, and are or depend on one of these.
SELECT DISTINCT root_id
FROM sightline.exception_roots
WHERE tenant_id = {tenant_id:String}
    AND caused_by != ''
    AND (root_id IN {ids:Array(String)} OR caused_by IN {ids:Array(String)})

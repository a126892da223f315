-- What names one of these as its cause.
SELECT DISTINCT root_id
FROM sightline.exception_roots
WHERE tenant_id = {tenant_id:String}
    AND caused_by IN {ids:Array(String)}

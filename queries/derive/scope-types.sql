-- The types of the documents of a run, with their number.
SELECT
    object_type,
    count() AS documents
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
GROUP BY object_type
ORDER BY object_type

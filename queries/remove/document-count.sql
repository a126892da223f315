SELECT uniqExact(object_type, object_id) AS documents
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}

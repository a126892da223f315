-- Kinds of reference data that a tenant has.
SELECT DISTINCT kind
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}

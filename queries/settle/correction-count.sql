SELECT count() AS corrections
FROM sightline.corrections
WHERE tenant_id = {tenant_id:String}

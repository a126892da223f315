-- How many corrections were stored.
SELECT uniqExact(event_id) AS corrections
FROM sightline.corrections FINAL
WHERE tenant_id = {tenant_id:String}

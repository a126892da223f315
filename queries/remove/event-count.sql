SELECT uniqExact(event_id) AS events
FROM sightline.removal_events
WHERE tenant_id = {tenant_id:String}

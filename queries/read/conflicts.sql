-- Events that arrived with different contents under one identity, the latest first; the first arrival stands.
SELECT
    event_id,
    natural_id,
    source,
    copies,
    first_received_at
FROM sightline.event_conflicts FINAL
WHERE tenant_id = {tenant_id:String}
    AND copies > 1
ORDER BY first_received_at DESC, event_id
LIMIT 200

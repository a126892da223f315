-- Events that arrived with different contents under one identity; the first arrival stands.
SELECT
    event_id,
    argMax(natural_id, first_arrival) AS first_natural_id,
    argMax(source, first_arrival) AS first_source,
    uniqExact(content_hash) AS copies,
    min(received_at) AS first_received_at
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN (
        SELECT event_id
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String}
        GROUP BY event_id
        HAVING min(content_hash) != max(content_hash)
    )
GROUP BY event_id
ORDER BY first_received_at DESC, event_id
LIMIT 200

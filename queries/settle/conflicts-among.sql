-- Which of these identities are held with more than one content.
SELECT event_id
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
GROUP BY event_id
HAVING uniqExact(content_hash) > 1

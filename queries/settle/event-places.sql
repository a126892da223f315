-- Order and content of events as they first arrived.
SELECT
    event_id,
    argMin(seq, (received_at, content_hash)) AS first_seq,
    toString(argMin(content_hash, (received_at, content_hash))) AS first_content
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
GROUP BY event_id

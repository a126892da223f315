SELECT
    event_id,
    argMin(seq, received_at) AS seq
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
GROUP BY event_id

-- Writes down which identities are held with how many contents.
INSERT INTO sightline.event_conflicts
SELECT
    {tenant_id:String} AS tenant_id,
    event_id,
    argMax(natural_id, first_arrival) AS natural_id,
    argMax(source, first_arrival) AS source,
    uniqExact(content_hash) AS copies,
    min(received_at) AS first_received_at,
    {version:UInt64} AS version
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
GROUP BY event_id

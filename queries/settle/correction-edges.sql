SELECT
    target_id,
    event_id,
    toString(content_hash) AS content_hash,
    toString(occurred_at) AS occurred_at,
    seq
FROM sightline.corrections FINAL
WHERE tenant_id = {tenant_id:String}
    AND (target_id IN {ids:Array(UUID)} OR event_id IN {ids:Array(UUID)})

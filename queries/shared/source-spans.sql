-- When each source began to send live and sent last, of what it ever sent.
SELECT
    source,
    min(first_live_at) AS first_live,
    max(last_live_at) AS last_live,
    max(last_at) AS last_occurred,
    max(last_received_at) AS last_received
FROM sightline.source_spans
WHERE tenant_id = {tenant_id:String}
GROUP BY source

-- Events as signs of life of their source, and which of them were loaded as history: a file, or what lay 36 hours back in the first day of the
-- source. Stands where `spans` tells when each source first sent live; what else it tells of the source stands beside each.
SELECT
    source,
    spans.* EXCEPT (source),
    received_at,
    occurred_at,
    feed = 'import' OR import_id != ''
        OR (received_at < first_live + INTERVAL 1 DAY AND occurred_at < received_at - INTERVAL 36 HOUR) AS is_history
FROM sightline.events
INNER JOIN spans USING (source)
WHERE tenant_id = {tenant_id:String}

-- Events by source, each event once; `unmapped` counts those whose activity has no canonical name.
SELECT
    source,
    uniqExact(event_id) AS events,
    uniqExactArray(arrayZip(object_types, object_ids)) AS objects,
    uniqExactIf(event_id, NOT mapped) AS unmapped,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at,
    uniqExactIf(event_id, received_at >= now64(6) - INTERVAL 24 HOUR) AS events_24h
FROM sightline.events FINAL
WHERE tenant_id = {tenant_id:String}
GROUP BY source
ORDER BY events DESC, source
LIMIT 1000

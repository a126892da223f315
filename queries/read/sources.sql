-- What each source ever sent: events and objects, each once, exact while few and estimated beyond.
SELECT
    source,
    uniqCombined64Merge(15)(sent.events) AS events,
    uniqCombined64ArrayMerge(15)(sent.objects) AS objects,
    uniqCombined64MergeIf(15)(sent.events, NOT mapped) AS unmapped,
    min(sent.first_at) AS first_at,
    max(sent.last_at) AS last_at,
    max(sent.last_received_at) AS last_received_at,
    any(lately.events) AS events_24h
FROM sightline.source_totals AS sent
LEFT JOIN (
    SELECT
        source,
        uniqCombined64Merge(15)(hours.events) AS events
    FROM sightline.source_hours AS hours
    WHERE tenant_id = {tenant_id:String}
        AND hour > toStartOfHour(now64(6)) - INTERVAL 24 HOUR
    GROUP BY source
) AS lately USING (source)
WHERE tenant_id = {tenant_id:String}
GROUP BY source
ORDER BY events DESC, source
LIMIT 1000

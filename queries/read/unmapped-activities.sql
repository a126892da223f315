-- Activities that keep their source's own name, by frequency.
SELECT
    activity,
    source,
    uniqExact(event_id) AS events
FROM sightline.events FINAL
WHERE tenant_id = {tenant_id:String}
    AND NOT mapped
GROUP BY activity, source
ORDER BY events DESC, activity, source
LIMIT 200

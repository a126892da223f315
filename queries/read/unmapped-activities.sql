-- Activities that keep their source's own name, by frequency.
SELECT
    activity,
    source,
    uniqCombined64Merge(15)(sent.events) AS events
FROM sightline.source_activities AS sent
WHERE tenant_id = {tenant_id:String}
    AND NOT mapped
GROUP BY activity, source
ORDER BY events DESC, activity, source
LIMIT 200

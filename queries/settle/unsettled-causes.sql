-- Exceptions that name a cause and are still business: their root may be technical.
SELECT
    tenant_id,
    groupUniqArray(exception_id) AS ids
FROM sightline.object_events AS held FINAL
WHERE held.live
    AND exception_caused_by != ''
    AND class = 'business'
GROUP BY tenant_id

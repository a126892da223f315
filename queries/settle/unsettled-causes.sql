-- Exceptions that name a cause and are not technical: their root may be technical.
SELECT
    tenant_id,
    groupUniqArray(exception_id) AS ids
FROM sightline.object_events AS held FINAL
WHERE held.live
    AND exception_caused_by != ''
    AND class IN ('business', 'unknown')
GROUP BY tenant_id

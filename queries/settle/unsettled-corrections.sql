-- Corrected events that still stand on a timeline although their correction is stored.
SELECT
    tenant_id,
    groupUniqArray(event_id) AS ids
FROM sightline.object_events AS held FINAL
WHERE held.live
    AND (tenant_id, event_id) IN (
        SELECT
            correction.tenant_id,
            correction.target_id
        FROM sightline.corrections AS correction
        INNER JOIN sightline.events AS event
            ON event.tenant_id = correction.tenant_id AND event.event_id = correction.event_id
    )
GROUP BY tenant_id

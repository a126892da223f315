-- Identities that are held with more than one content, of all that are stored: read in their order, so that it takes no memory
-- to speak of.
SELECT
    tenant_id,
    groupArray(event_id) AS ids
FROM (
    SELECT
        tenant_id,
        event_id
    FROM sightline.events
    GROUP BY
        tenant_id,
        event_id
    HAVING min(content_hash) != max(content_hash)
)
GROUP BY tenant_id
SETTINGS optimize_aggregation_in_order = 1

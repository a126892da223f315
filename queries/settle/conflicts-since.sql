-- Identities that are held with more than one content, of those that arrived since an instant.
SELECT
    tenant_id,
    groupArray(event_id) AS ids
FROM (
    SELECT
        tenant_id,
        event_id
    FROM sightline.events
    WHERE (tenant_id, event_id) IN (
        SELECT
            tenant_id,
            event_id
        FROM sightline.events
        WHERE received_at >= {since:DateTime64(6, 'UTC')}
    )
    GROUP BY
        tenant_id,
        event_id
    HAVING min(content_hash) != max(content_hash)
)
GROUP BY tenant_id
SETTINGS optimize_aggregation_in_order = 1

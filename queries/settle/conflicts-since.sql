-- Identities that arrived since an instant and are held with more than one content.
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
    HAVING uniqExact(content_hash) > 1
)
GROUP BY tenant_id

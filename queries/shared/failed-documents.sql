-- Calls that name a document of which a call of a system failed technically in the window, a row for each such document.
FROM reported
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id
WHERE is_call
    AND (object_type, object_id) IN (
        SELECT
            type,
            id
        FROM sightline.integration_calls
        ARRAY JOIN
            object_types AS type,
            object_ids AS id
        WHERE tenant_id = {tenant_id:String}
            AND started_at >= {from:DateTime64(6, 'UTC')}
            AND started_at < {to:DateTime64(6, 'UTC')}
            AND ({system:String} = '' OR system = {system:String})
            AND class = 'technical'
    )

DELETE FROM sightline.violation_states
WHERE tenant_id = {tenant_id:String}
    AND violation_id IN (
        SELECT violation_id
        FROM sightline.violations
        WHERE tenant_id = {tenant_id:String}
            AND (document_type, document_id) IN (
                -- include shared/listed-keys
            )
    )

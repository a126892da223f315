-- The documents in scope and all that ever shared a key with one of them.
tenant_id = {tenant_id:String}
AND present
AND (
    {batch:String} = ''
    OR (document_type, document_id) IN (
        SELECT
            document_type,
            document_id
        FROM sightline.key_documents
        WHERE tenant_id = {tenant_id:String}
            AND (kind, value) IN (
                SELECT
                    kind,
                    value
                FROM sightline.document_keys
                WHERE tenant_id = {tenant_id:String}
                    AND (document_type, document_id) IN (
                        -- include shared/scope-keys
                    )
            )
    )
)

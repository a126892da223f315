tenant_id = {tenant_id:String}
AND present
AND (
    {batch:String} = ''
    OR (document_type, document_id) IN (
        -- include shared/scope-keys
    )
)

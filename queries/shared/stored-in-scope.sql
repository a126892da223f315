tenant_id = {tenant_id:String}
AND (
    {batch:String} = ''
    OR (object_type, object_id) IN (
        -- include shared/scope-keys
    )
)
AND live

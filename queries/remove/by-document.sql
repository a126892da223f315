DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND ({type:Identifier}, {id:Identifier}) IN (
        -- include shared/listed-keys
    )

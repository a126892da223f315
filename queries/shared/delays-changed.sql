SELECT
    document_type,
    document_id
FROM sightline.delay_history
WHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND version > {as_of:UInt64}

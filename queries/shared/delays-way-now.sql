SELECT *
FROM sightline.delays FINAL
WHERE tenant_id = {tenant_id:String}
    AND document_type IN ('invoice', 'purchase_order', 'requisition')

SELECT *
FROM sightline.delay_history
WHERE tenant_id = {tenant_id:String}
    AND document_type IN ('invoice', 'purchase_order', 'requisition')
    AND (document_type, document_id, version) IN (
        SELECT
            document_type,
            document_id,
            max(version)
        FROM sightline.delay_history
        WHERE tenant_id = {tenant_id:String}
            AND document_type IN ('invoice', 'purchase_order', 'requisition')
            AND version <= {as_of:UInt64}
        GROUP BY
            document_type,
            document_id
    )
    AND NOT absent

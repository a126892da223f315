-- The documents on the paths from those in the scope: downstream (an order of a changed requisition, its receipts and invoices) and
-- upstream (the requisition of a changed order), each way one step a run of this statement.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
WITH
    ['requisition', 'purchase_order', 'po_line', 'goods_receipt', 'service_entry', 'invoice', 'invoice_line', 'payment'] AS types,
    [1, 2, 3, 4, 4, 5, 6, 7] AS ranks
SELECT DISTINCT
    {tenant_id:String},
    {into:String},
    other_type,
    other_id
FROM sightline.object_links
WHERE tenant_id = {tenant_id:String}
    AND (object_type, object_id) IN (
        SELECT
            object_type,
            object_id
        FROM sightline.derive_scope
        WHERE tenant_id = {tenant_id:String} AND batch = {from_batch:String}
    )
    AND has(types, object_type)
    AND has(types, other_type)
    AND if(
        {downstream:Bool},
        ranks[indexOf(types, other_type)] > ranks[indexOf(types, object_type)],
        ranks[indexOf(types, other_type)] < ranks[indexOf(types, object_type)]
    )

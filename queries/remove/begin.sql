-- Writes down the documents that go, before anything of them does. The whole way of an invoice is kept under the invoice's id.
INSERT INTO sightline.removals
SELECT
    {tenant_id:String},
    {batch:String},
    arrayJoin(if(object_type = 'invoice', ['invoice', 'procure_to_pay'], [toString(object_type)])),
    object_id,
    {cut:Int64}
FROM sightline.derive_scope
WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}

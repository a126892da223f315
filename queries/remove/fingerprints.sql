INSERT INTO sightline.removed_documents
SELECT
    tenant_id,
    sipHash128(toString(object_type), object_id),
    cut_us
FROM sightline.removals
WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}

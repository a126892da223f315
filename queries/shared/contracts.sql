-- Contracts, one row for each validity and category; a contract for all categories has the category *.
SELECT
    key AS contract_id,
    JSONExtractString(body, 'supplier') AS contract_supplier,
    arrayJoin(if(empty(JSONExtract(body, 'categories', 'Array(String)')), ['*'], JSONExtract(body, 'categories', 'Array(String)'))) AS contract_category,
    valid_from,
    valid_to
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String} AND kind = 'contracts'

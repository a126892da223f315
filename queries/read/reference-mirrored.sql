-- Rows of reference data that SQL reads, of a tenant.
SELECT
    toString(row_id) AS row_id,
    kind,
    key,
    toUnixTimestamp64Micro(valid_from) AS valid_from_us
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}

-- Kinds of reference data that a tenant has, and the currency in which it reports.
SELECT
    groupUniqArray(kind) AS kinds,
    argMaxIf(JSONExtractString(body, 'currency'), valid_from, kind = 'value_assumptions') AS currency
FROM sightline.reference FINAL
WHERE tenant_id = {tenant_id:String}

-- Computes the days of suppliers anew that documents which go began on, without them.
INSERT INTO sightline.supplier_days
SELECT
    {tenant_id:String} AS tenant_id,
    opened_day,
    supplier,
    -- include shared/supplier-figures,
    toUnixTimestamp64Micro(now64(6, 'UTC')) AS version,
    countIf(stays) = 0 AS is_deleted
FROM (
    SELECT DISTINCT
        opened_day,
        supplier
    FROM sightline.supplier_documents
    WHERE tenant_id = {tenant_id:String}
        AND (document_type, document_id) IN (
            -- include shared/listed-keys
        )
) AS days
LEFT JOIN (
    SELECT
        *,
        true AS stays
    FROM sightline.supplier_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (opened_day, supplier) IN (
            SELECT
                opened_day,
                supplier
            FROM sightline.supplier_documents
            WHERE tenant_id = {tenant_id:String}
                AND (document_type, document_id) IN (
                    -- include shared/listed-keys
                )
        )
        AND (document_type, document_id) NOT IN (
            -- include shared/listed-keys
        )
) AS documents USING (opened_day, supplier)
GROUP BY
    opened_day,
    supplier

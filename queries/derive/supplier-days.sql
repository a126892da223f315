-- Computes the days of suppliers anew that documents of the scope came to or left, or changed on.
INSERT INTO sightline.supplier_days
SELECT
    {tenant_id:String} AS tenant_id,
    opened_day,
    supplier,
    -- include shared/supplier-figures,
    {version:UInt64} AS version,
    countIf(in_store) = 0 AS is_deleted
FROM (
    SELECT DISTINCT
        opened_day,
        supplier
    FROM sightline.supplier_documents
    WHERE tenant_id = {tenant_id:String}
        AND document_id IN (
            SELECT object_id
            FROM sightline.derive_scope
            WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
        )
        AND version > {published:UInt64}
) AS days
LEFT JOIN (
    SELECT
        *,
        true AS in_store
    FROM sightline.supplier_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND (opened_day, supplier) IN (
            SELECT
                opened_day,
                supplier
            FROM sightline.supplier_documents
            WHERE tenant_id = {tenant_id:String}
                AND document_id IN (
                    SELECT object_id
                    FROM sightline.derive_scope
                    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
                )
                AND version > {published:UInt64}
        )
) AS documents USING (opened_day, supplier)
GROUP BY
    opened_day,
    supplier

-- The documents of a run with all that share a key with one of them, or once did.
INSERT INTO sightline.derive_scope (tenant_id, batch, object_type, object_id)
SELECT DISTINCT
    {tenant_id:String},
    {into:String},
    document_type,
    document_id
FROM (
    SELECT
        object_type AS document_type,
        object_id AS document_id
    FROM sightline.derive_scope
    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
    UNION ALL
    SELECT
        document_type,
        document_id
    FROM sightline.key_documents
    WHERE tenant_id = {tenant_id:String}
        AND (kind, value) IN (
            SELECT
                kind,
                value
            FROM sightline.document_keys
            WHERE tenant_id = {tenant_id:String}
                AND kind IN {kinds:Array(String)}
                AND (document_type, document_id) IN (
                    -- include shared/scope-keys
                )
        )
)

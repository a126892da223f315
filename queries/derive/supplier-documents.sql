-- The scope's documents of suppliers by the day they began, where that differs from what is stored.
INSERT INTO sightline.supplier_documents
WITH
    computed AS (
        SELECT
            toDate32(opened_at) AS opened_day,
            supplier,
            document_type,
            document_id,
            (
                opened_at,
                closed_at,
                outcome,
                amount,
                rate,
                due_at,
                paid_at,
                exceptions_raised,
                violations,
                is_duplicate,
                answers,
                answer_s
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM sightline.documents FINAL
        WHERE tenant_id = {tenant_id:String}
            AND document_type IN ('requisition', 'purchase_order', 'invoice')
            AND supplier != ''
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
    ),
    stored AS (
        SELECT
            opened_day,
            supplier,
            document_type,
            document_id,
            content
        FROM sightline.supplier_documents FINAL
        WHERE tenant_id = {tenant_id:String}
            AND document_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(is_gone, stored.opened_day, computed.opened_day) AS opened_day,
    if(is_gone, stored.supplier, computed.supplier) AS supplier,
    if(is_gone, stored.document_type, computed.document_type) AS document_type,
    if(is_gone, stored.document_id, computed.document_id) AS document_id,
    said.1 AS opened_at,
    said.2 AS closed_at,
    said.3 AS outcome,
    said.4 AS amount,
    said.5 AS rate,
    said.6 AS due_at,
    said.7 AS paid_at,
    said.8 AS exceptions_raised,
    said.9 AS violations,
    said.10 AS is_duplicate,
    said.11 AS answers,
    said.12 AS answer_s,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.content = 0 AS is_gone
FROM computed
FULL JOIN stored
    ON stored.opened_day = computed.opened_day
    AND stored.supplier = computed.supplier
    AND stored.document_type = computed.document_type
    AND stored.document_id = computed.document_id
WHERE computed.content != stored.content

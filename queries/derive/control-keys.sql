-- The keys of the scope's documents, beside those that they had before.
INSERT INTO sightline.document_keys
SELECT
    {tenant_id:String} AS tenant_id,
    document_type,
    document_id,
    key.1 AS kind,
    key.2 AS value
FROM (
    SELECT
        document_type,
        document_id,
        arrayJoin(
            arrayConcat(
                if(document_type = 'invoice' AND number != '', [('invoice', concat('number ', supplier, ' ', number))], []),
                if(
                    document_type = 'invoice' AND amount IS NOT NULL,
                    [
                        ('invoice', concat('amount ', supplier, ' ', toString(assumeNotNull(amount)), ' ', currency)),
                        ('invoice', concat('twin ', number, ' ', toString(assumeNotNull(amount)), ' ', currency))
                    ],
                    []
                ),
                if(
                    document_type = 'requisition' AND supplier != '',
                    arrayMap(
                        week -> ('need', concat(supplier, ' ', toString(toInt64(toRelativeWeekNum(at)) + week))),
                        [-1, 0, 1]
                    ),
                    []
                ),
                if(document_type IN ('purchase_order', 'invoice', 'payment') AND supplier != '', [('supplier', toString(supplier))], []),
                if(document_type = 'purchase_order' AND contract != '', [('contract', contract)], []),
                if(document_type = 'purchase_order' AND entity != '', [('budget', concat(entity, ' ', toString(toYear(at))))], [])
            )
        ) AS key
    FROM sightline.control_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND present
        AND (document_type, document_id) IN (
            -- include shared/scope-keys
        )
    UNION ALL
    SELECT
        object_type AS document_type,
        object_id AS document_id,
        (CAST(object_type, 'String'), object_id) AS key
    FROM sightline.derive_scope
    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String} AND object_type IN ('supplier', 'contract')
)

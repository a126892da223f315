-- Documents that an incident blocked: those still blocked first, then by when they were blocked.
SELECT
    document_type AS type,
    document_id AS id,
    operation_id,
    operation_class,
    leads,
    supplier,
    blocked_at,
    released_at,
    released_by,
    failed_attempts,
    if(amount IS NULL, NULL, toString(amount)) AS amount_text,
    currency,
    count() OVER () AS total
FROM sightline.incident_documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND incident_id = {id:String}
    AND ({blocked:Bool} = false OR released_at IS NULL)
ORDER BY
    released_at IS NULL DESC,
    leads DESC,
    blocked_at,
    type,
    id,
    operation_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}

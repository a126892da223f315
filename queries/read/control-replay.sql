-- What a control finds in a window when history is replayed, with the money of each finding.
SELECT
    document_type,
    document_id,
    subject_id,
    detected_at,
    if(stated_amount IS NULL, if(documents.amount IS NULL, NULL, toString(documents.amount)), toString(stated_amount)) AS money,
    if(stated_amount IS NULL, toString(documents.currency), stated_currency) AS currency,
    detail
FROM (
    SELECT *
    FROM (
        -- include {findings}
    )
    WHERE detected_at >= {from:DateTime64(6, 'UTC')} AND detected_at < {to:DateTime64(6, 'UTC')}
) AS found
LEFT JOIN (
    SELECT
        toString(document_type) AS document_type,
        document_id,
        amount,
        currency
    FROM sightline.control_documents FINAL
    WHERE tenant_id = {tenant_id:String} AND present
) AS documents USING (document_type, document_id)
ORDER BY detected_at DESC, document_id
LIMIT 20000

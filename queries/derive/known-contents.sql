-- The newest state of what the history of an answer says of the scope's documents.
SELECT
    document_type,
    document_id,
    subject_id,
    toString(argMax(content, version)) AS newest,
    toUnixTimestamp64Micro(argMax(cohort_at, version)) AS cohort_us
FROM sightline.{history:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND (document_type, document_id) IN (
        -- include shared/scope-keys
    )
GROUP BY
    document_type,
    document_id,
    subject_id
HAVING newest != '0'

SELECT *
FROM sightline.delay_history
WHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND (document_type, document_id, subject_id, version) IN (
        SELECT
            document_type,
            document_id,
            subject_id,
            max(version)
        FROM sightline.delay_history
        WHERE tenant_id = {tenant_id:String}
            AND document_type = {type:String}
            AND version <= {as_of:UInt64}
        GROUP BY
            document_type,
            document_id,
            subject_id
    )
    AND NOT absent
    AND finished = {finished:Bool}

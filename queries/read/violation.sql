-- One violation with what people decided last.
SELECT
    violation_id AS id,
    control,
    document_type,
    document_id,
    subject_id
FROM sightline.violations FINAL
WHERE tenant_id = {tenant_id:String}
    AND control = {control:String}
    AND violation_id = {id:String}
LIMIT 1

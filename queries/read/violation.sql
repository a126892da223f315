-- The document that a violation is about, and the events that show it. All that is looked at is of the key.
SELECT
    violation_id AS id,
    control,
    document_type,
    document_id,
    subject_id,
    arrayMap(one -> toString(one), evidence) AS evidence_ids
FROM sightline.violations FINAL
PREWHERE tenant_id = {tenant_id:String}
    AND control = {control:String}
    AND violation_id = {id:String}
LIMIT 1

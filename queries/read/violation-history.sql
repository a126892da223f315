-- What was known of a violation, and since when.
SELECT
    toInt64(version) AS known_us,
    absent AS retracted,
    detected_at,
    severity,
    control_version,
    policy_id,
    policy_version,
    if(amount IS NULL, NULL, toString(amount)) AS money,
    currency,
    offender,
    detail
FROM (
    SELECT
        *,
        lagInFrame(toNullable(content)) OVER (ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
    FROM sightline.violation_history FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type = {document_type:String}
        AND document_id = {document_id:String}
        AND control = {control:String}
        AND subject_id = {subject_id:String}
)
-- Of two processes that compute at once both may write what they found.
WHERE before IS NULL OR before != content
ORDER BY known_us

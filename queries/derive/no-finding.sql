SELECT
    '' AS control,
    '' AS control_version,
    '' AS document_type,
    '' AS document_id,
    '' AS subject_id,
    '' AS category,
    '' AS place,
    now64(6, 'UTC') AS detected_at,
    '' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    CAST(NULL, 'Nullable(Decimal(18, 4))') AS stated_amount,
    '' AS stated_currency,
    '' AS offender,
    CAST([], 'Array(UUID)') AS evidence,
    '' AS detail
WHERE false

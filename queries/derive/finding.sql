SELECT
    {control_n:String} AS control,
    {version_n:String} AS control_version,
    toString(document_type) AS document_type,
    toString(document_id) AS document_id,
    toString(subject_id) AS subject_id,
    toString(category) AS category,
    concat(category, ' ', {guard_n:String}) AS place,
    toDateTime64(detected_at, 6, 'UTC') AS detected_at,
    toString(severity) AS severity,
    toString(policy_id) AS policy_id,
    toString(policy_version) AS policy_version,
    CAST(amount, 'Nullable(Decimal(18, 4))') AS stated_amount,
    toString(currency) AS stated_currency,
    toString(offender) AS offender,
    CAST(evidence, 'Array(UUID)') AS evidence,
    toString(detail) AS detail
FROM (
    -- include {control}
)

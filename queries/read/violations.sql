-- Violations, the latest first.
SELECT
    violation_id AS id,
    control,
    category,
    severity,
    state,
    detected_at,
    toUnixTimestamp64Micro(detected_at) AS detected_us,
    known_from,
    document_type,
    document_id,
    subject_id,
    control_version,
    policy_id,
    policy_version,
    if(amount IS NULL, NULL, toString(amount)) AS money,
    currency,
    offender,
    detail,
    arrayMap(one -> toString(one), evidence) AS evidence_ids,
    entity,
    business_unit,
    plant,
    region,
    risk_category,
    budget_owner,
    spend_category,
    supplier,
    supplier_class,
    approver,
    system
FROM (
    -- include shared/violations-with-state
)
WHERE ({state:String} = '' OR state = {state:String})
    AND (toUnixTimestamp64Micro(detected_at), violation_id) < ({after_us:Int64}, {after_id:String})
ORDER BY detected_us DESC, id DESC
LIMIT {limit:UInt32}

-- What became known of clocks, violations, incidents and blocked documents after one version up to another: the newest state of each. What was
-- over before `still_at` is left out.
SELECT
    toUInt64(version) AS known,
    kind,
    key,
    document_type,
    document_id,
    absent,
    name,
    name_version,
    state,
    toUnixTimestamp64Micro(begun_at) AS begun_us,
    toUnixTimestamp64Micro(ended_at) AS ended_us,
    toUnixTimestamp64Micro(due_at) AS due_us,
    arrayMap(at -> toUnixTimestamp64Micro(at), warnings) AS warnings_us,
    arrayMap(at -> toUnixTimestamp64Micro(at), escalations) AS escalations_us,
    severity,
    category,
    detail,
    toFloat64(amount) AS amount_number,
    currency,
    entity,
    business_unit,
    plant,
    region,
    risk_category,
    budget_owner,
    spend_category,
    supplier,
    approver,
    system
FROM (
    SELECT *
    FROM sightline.alert_signals
    WHERE tenant_id = {tenant_id:String}
        AND version > {after:UInt64}
        AND version <= {upto:UInt64}
        AND (NOT {only:Bool} OR key IN {keys:Array(String)})
    ORDER BY
        kind,
        key,
        version DESC
    LIMIT 1 BY kind, key
)
WHERE absent
    OR if(kind = 'violation', begun_at, ifNull(ended_at, {still_at:DateTime64(6, 'UTC')})) >= {still_at:DateTime64(6, 'UTC')}
ORDER BY
    kind,
    key
LIMIT {limit:UInt32}

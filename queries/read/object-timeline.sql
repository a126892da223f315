-- One document's events in order, those that a correction replaced among them (live = false).
SELECT
    event_id,
    toString(content_hash) AS content,
    occurred_at,
    received_at,
    is_step,
    completes_id,
    live,
    activity,
    source_activity,
    mapped,
    source,
    step,
    lifecycle,
    system,
    waits_kind,
    waits_id,
    waits_step,
    actor_id,
    actor_kind,
    on_behalf_of,
    workflow_run,
    status,
    code,
    exception_id,
    exception_state,
    exception_caused_by,
    operation_id,
    attempt,
    policy_id,
    policy_version,
    policy_decision,
    toString(amount) AS amount_text,
    currency,
    due_at,
    [entity, business_unit, plant, region, risk_category, budget_owner, category_of_spend, supplier, approver] AS dimensions
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND object_type = {type:String}
    AND object_id = {id:String}
ORDER BY occurred_at, seq, place_id
LIMIT {limit:UInt32}

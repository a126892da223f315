-- Timelines of the scope's documents: their events in order, document by document.
SELECT
    object_type,
    object_id,
    event_id,
    toUnixTimestamp64Micro(occurred_at) AS occurred_us,
    toUnixTimestamp64Micro(received_at) AS received_us,
    seq,
    activity,
    step,
    lifecycle,
    system,
    system_class,
    actor_id,
    actor_kind,
    waits_kind,
    waits_id,
    waits_step,
    status,
    code,
    class,
    category,
    exception_id,
    exception_state,
    exception_caused_by,
    operation_id,
    attempt,
    policy_id,
    policy_version,
    policy_decision,
    if(amount IS NULL, NULL, toString(amount)) AS amount_text,
    currency,
    if(due_at IS NULL, NULL, toUnixTimestamp64Micro(assumeNotNull(due_at))) AS due_us,
    completes_id,
    workflow_run,
    approvals,
    [entity, business_unit, plant, region, risk_category, budget_owner, category_of_spend, supplier, approver] AS dimensions
FROM (
    SELECT *
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN {types:Array(String)}
) AS timeline
LEFT JOIN (
    SELECT
        event_id,
        groupUniqArray(other_id) AS approvals
    FROM sightline.object_links
    WHERE tenant_id = {tenant_id:String}
        AND (object_type, object_id) IN (
            -- include shared/scope-keys
        )
        AND other_type = 'approval'
    GROUP BY event_id
) AS asked USING (event_id)
ORDER BY
    object_type,
    object_id,
    occurred_at,
    seq,
    place_id

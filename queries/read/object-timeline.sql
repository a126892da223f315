-- One document's events in order, those that a correction replaced among them (live = false), with everything kept of each.
WITH timeline AS (
    SELECT event_id, content_hash, occurred_at, received_at, seq, place_id, is_step, completes_id, live
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND object_id = {id:String}
    ORDER BY occurred_at, seq, place_id
    LIMIT {limit:UInt32}
)
SELECT
    timeline.event_id AS event_id,
    timeline.occurred_at AS occurred_at,
    timeline.received_at AS received_at,
    timeline.is_step AS is_step,
    timeline.completes_id AS completes_id,
    timeline.live AS live,
    activity,
    source_activity,
    mapped,
    source,
    step,
    lifecycle,
    system,
    object_types,
    object_ids,
    object_qualifiers,
    waits_kind,
    waits_id,
    waits_step,
    actor_id,
    actor_kind,
    on_behalf_of,
    workflow_run,
    status,
    code,
    message,
    class,
    category,
    reaction,
    confidence,
    rule_version,
    evidence,
    exception_id,
    exception_state,
    exception_caused_by,
    operation_id,
    attempt,
    policy_id,
    policy_version,
    policy_decision,
    toString(amount) AS amount,
    currency,
    due_at,
    corrects_id,
    [entity, business_unit, plant, region, risk_category, budget_owner, category_of_spend, supplier, approver] AS dimensions,
    trace_id,
    ai,
    line,
    terms,
    attributes
FROM timeline
INNER JOIN (
    SELECT *
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            SELECT event_id
            FROM sightline.object_events
            WHERE tenant_id = {tenant_id:String}
                AND object_type = {type:String}
                AND object_id = {id:String}
        )
    ORDER BY first_arrival DESC
    LIMIT 1 BY event_id, content_hash
) AS details
    ON details.event_id = timeline.event_id AND details.content_hash = timeline.content_hash
ORDER BY timeline.occurred_at, timeline.seq, timeline.place_id

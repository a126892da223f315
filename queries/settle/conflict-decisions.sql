-- Decisions of policies as the timelines have them once conflicts are settled: what only a later content says is none.
INSERT INTO sightline.policy_decisions
SELECT
    tenant_id,
    object_type,
    object_id,
    event_id,
    occurred_at,
    policy_id,
    policy_version,
    policy_decision AS decision,
    entity,
    system,
    held.live AND leads AND policy_id != '' AND activity = 'policy.evaluated' AS live,
    {version:UInt64} AS version
FROM sightline.object_events AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)} AND policy_id != ''
    )

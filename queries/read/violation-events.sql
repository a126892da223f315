-- Events that show violations; of several contents under one identity the one that came first.
SELECT * EXCEPT (seq)
FROM (
    SELECT
        toString(event_id) AS id,
        natural_id,
        source,
        occurred_at,
        received_at,
        activity,
        step,
        system,
        actor_id,
        actor_kind,
        on_behalf_of,
        status,
        code,
        message,
        policy_id,
        policy_version,
        policy_decision,
        if(amount IS NULL, NULL, toString(amount)) AS money,
        currency,
        arrayMap((type, object) -> concat(type, '/', object), object_types, object_ids) AS objects,
        seq
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    ORDER BY first_arrival DESC
    LIMIT 1 BY event_id
)
ORDER BY occurred_at, seq, id

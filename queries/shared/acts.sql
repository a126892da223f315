-- What somebody did on the documents in scope, with the identity behind the account: `who`, whom that one stands in for by the reference
-- data (`delegator`) and by the event (`principal`); empty where there is none.
SELECT
    acted.*,
    if(occurred_at < actors.until, actors.leads_to, actor_id) AS who,
    if(occurred_at < actors.until, actors.stands_for, '') AS delegator,
    if(occurred_at < actors.until, actors.roles, []) AS roles,
    if(on_behalf_of != '' AND occurred_at < principals.until, principals.leads_to, on_behalf_of) AS principal,
    arrayDistinct(arrayFilter(one -> one != '', [who, delegator, principal])) AS identities
FROM (
    SELECT
        object_type,
        object_id,
        event_id,
        (occurred_at, seq, place_id) AS place,
        occurred_at,
        activity,
        step,
        status,
        lifecycle,
        actor_id,
        actor_kind,
        on_behalf_of,
        source,
        system,
        system_class,
        leads
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND actor_id != ''
) AS acted
ASOF LEFT JOIN accounts AS actors ON actors.account = acted.actor_id AND actors.valid_from <= acted.occurred_at
ASOF LEFT JOIN accounts AS principals ON principals.account = acted.on_behalf_of AND principals.valid_from <= acted.occurred_at

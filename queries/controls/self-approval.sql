-- title: Requester approves own request
-- version: 1
-- category: segregation
-- severity: high
-- grain: requisition, purchase_order, invoice
-- documents: requisition, purchase_order, invoice
-- guards: requisition.approved, po.approved, invoice.approved
-- needs: none
-- definition: Somebody approved what the same identity created, submitted or captured. Accounts, service accounts and
--   bots lead to their person; who acts on behalf of the requester, or stands in for the requester by the reference data,
--   is the same identity. Each person once, at the first approval.
WITH
    -- include shared/accounts
SELECT
    object_type AS document_type,
    object_id AS document_id,
    decided.who AS subject_id,
    'segregation' AS category,
    min(decided.occurred_at) AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    decided.who AS offender,
    arrayConcat(any(requests.events), arrayMap(one -> one.2, arraySort(groupArray((decided.place, decided.event_id))))) AS evidence,
    concat(
        'Requested by ',
        arrayStringConcat(any(requests.accounts), ', '),
        ' and approved by ',
        arrayStringConcat(arraySort(groupUniqArray(decided.actor_id)), ', '),
        ': one identity, ',
        arrayStringConcat(arrayIntersect(any(requests.persons), any(decided.identities)), ', '),
        '.'
    ) AS detail
FROM (
    -- include shared/decisions
) AS decided
INNER JOIN (
    SELECT
        object_type,
        object_id,
        arraySort(groupUniqArrayArray(arrayFilter(one -> one != '', [who, principal]))) AS persons,
        arraySort(groupUniqArray(actor_id)) AS accounts,
        arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS events
    FROM (
        -- include shared/acts
    )
    WHERE (object_type, activity) IN (
        ('requisition', 'requisition.created'),
        ('requisition', 'requisition.submitted'),
        ('purchase_order', 'po.created'),
        ('invoice', 'invoice.captured')
    )
    AND (actor_kind = 'human' OR who != actor_id)
    GROUP BY object_type, object_id
) AS requests USING (object_type, object_id)
WHERE hasAny(requests.persons, decided.identities)
GROUP BY object_type, object_id, decided.who

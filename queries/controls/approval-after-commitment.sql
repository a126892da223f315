-- title: Approval after the commitment
-- version: 1
-- category: authority
-- severity: high
-- grain: requisition, purchase_order
-- documents: requisition, purchase_order
-- guards: po.released
-- needs: none
-- definition: An order was released before it was approved: before the approval of its requisition, or, where it has
--   none, before a decision on the order itself that was given or is still asked for afterwards.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'authority' AS category,
    released.1 AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    released.3 AS offender,
    arrayFilter(one -> one != toUUID('00000000-0000-0000-0000-000000000000'), [released.2, approved.2]) AS evidence,
    concat(
        'The order was released ',
        if(
            approved.1 > released.1,
            concat(toString(round(dateDiff('second', released.1, approved.1) / 3600, 1)), ' h before the approval.'),
            'and the approval asked for only afterwards; it is not given yet.'
        )
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        argMinIf((occurred_at, event_id, actor_id), (occurred_at, seq, place_id), activity = 'po.released') AS released,
        argMinIf(
            (occurred_at, event_id),
            (occurred_at, seq, place_id),
            if(
                object_type = 'requisition',
                activity = 'requisition.approved',
                leads AND activity = 'approval.decided' AND status != 'rejected' AND actor_kind = 'human'
            )
        ) AS approved,
        maxIf(occurred_at, leads AND activity = 'approval.requested') AS asked_at
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order')
    GROUP BY object_type, object_id
    HAVING countIf(activity = 'po.released') > 0
)
WHERE asked_at > released.1 AND (approved.1 > released.1 OR approved.1 = toDateTime64(0, 6, 'UTC'))

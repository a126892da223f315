-- title: An agent on both sides of a segregated pair
-- version: 1
-- category: AI
-- severity: critical
-- grain: requisition, purchase_order, invoice
-- documents: requisition, purchase_order, invoice
-- guards: invoice.approved, requisition.approved, po.approved
-- needs: none
-- definition: Agents prepared a document (created, submitted or captured it) and approved it: no person stands on either
--   side of the duties that are segregated.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'AI' AS category,
    minIf(occurred_at, approves) AS detected_at,
    'critical' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    argMinIf(actor_id, place, approves) AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS evidence,
    concat(
        arrayStringConcat(arrayMap(one -> concat(one.3, ' did ', one.2), arraySort(groupUniqArray((place, activity, actor_id)))), ', '),
        '.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        event_id,
        (occurred_at, seq, place_id) AS place,
        occurred_at,
        toString(activity) AS activity,
        actor_id,
        activity IN ('approval.decided', 'requisition.approved', 'po.approved', 'invoice.approved') AS approves
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND leads
        AND actor_kind = 'ai_agent'
        AND status != 'rejected'
        AND (
            object_type = 'requisition' AND activity IN ('requisition.created', 'requisition.submitted', 'requisition.approved')
            OR object_type = 'purchase_order' AND activity IN ('po.created', 'po.approved')
            OR object_type = 'invoice' AND activity IN ('invoice.captured', 'invoice.approved')
            OR object_type IN ('requisition', 'purchase_order', 'invoice') AND activity = 'approval.decided'
        )
)
GROUP BY object_type, object_id
HAVING countIf(approves) > 0 AND countIf(NOT approves) > 0

-- title: AI acted before a policy was evaluated
-- version: 1
-- category: AI
-- severity: high
-- grain: requisition, purchase_order, invoice, payment, goods_receipt, onboarding
-- documents: requisition, purchase_order, invoice, payment, goods_receipt, onboarding
-- guards: invoice.approved, requisition.approved, po.released
-- needs: none
-- definition: An agent did more to a document than suggest, and no policy had been evaluated on it before. Each agent
--   once, at the first such act.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    actor_id AS subject_id,
    'AI' AS category,
    min(occurred_at) AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    actor_id AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS evidence,
    concat(
        actor_id,
        ' did ',
        arrayStringConcat(arrayDistinct(arrayMap(one -> one.2, arraySort(groupArray((place, activity))))), ', '),
        ' before any policy was evaluated.'
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
        actor_kind,
        activity IN ('policy.evaluated', 'requisition.policy_evaluated') AS evaluates,
        minIf(place, evaluates) OVER (PARTITION BY object_type, object_id) AS first_evaluation,
        countIf(evaluates) OVER (PARTITION BY object_type, object_id) AS evaluations
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'goods_receipt', 'onboarding')
        AND leads
)
WHERE actor_kind = 'ai_agent'
    AND activity NOT IN ('ai.suggested', 'ai.reviewed', 'approval.requested')
    AND NOT startsWith(activity, 'exception.')
    AND NOT startsWith(activity, 'operation.')
    AND NOT startsWith(activity, 'policy.')
    AND (evaluations = 0 OR place < first_evaluation)
GROUP BY object_type, object_id, actor_id

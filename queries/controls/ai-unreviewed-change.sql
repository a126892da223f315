-- title: AI changed state without a human decision
-- version: 1
-- category: AI
-- severity: critical
-- grain: requisition, purchase_order, invoice, payment, goods_receipt, onboarding
-- documents: requisition, purchase_order, invoice, payment, goods_receipt, onboarding
-- guards: invoice.approved, requisition.approved, po.released, payment.released
-- needs: none
-- definition: An agent changed the state of a document, or captured it without saying how sure it was, and no person
--   decided or reviewed anything on the document before. Each agent once, at the first such change.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    actor_id AS subject_id,
    'AI' AS category,
    min(occurred_at) AS detected_at,
    'critical' AS severity,
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
        ' without a decision of a person before.'
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
        ai_flag = 'unreviewed_change'
            OR actor_kind = 'ai_agent' AND activity = 'invoice.captured' AND ai_confidence IS NULL AS changes,
        actor_kind = 'human' AND (activity IN ('approval.decided', 'ai.reviewed') OR endsWith(activity, '.approved')) AS decides,
        minIf(place, decides) OVER (PARTITION BY object_type, object_id) AS first_decision,
        countIf(decides) OVER (PARTITION BY object_type, object_id) AS decisions
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'goods_receipt', 'onboarding')
        AND leads
)
WHERE changes AND (decisions = 0 OR place < first_decision)
GROUP BY object_type, object_id, actor_id

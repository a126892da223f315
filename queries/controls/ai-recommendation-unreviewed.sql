-- title: Decided on an AI's recommendation without a review
-- version: 1
-- category: AI
-- severity: high
-- grain: requisition, purchase_order, invoice, onboarding
-- documents: requisition, purchase_order, invoice, onboarding
-- guards: invoice.approved, requisition.approved, po.approved
-- needs: none
-- definition: After an agent's recommendation somebody decided on the document, and nobody had reviewed the
--   recommendation in between. Each document once, at the first such decision.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'AI' AS category,
    decided.2 AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    decided.4 AS offender,
    [suggestion.3, decided.3] AS evidence,
    concat(
        'Decided by ',
        if(decided.4 = '', 'somebody', decided.4),
        ' ',
        toString(dateDiff('second', suggestion.2, decided.2)),
        ' s after the recommendation of ',
        suggestion.4,
        ', which nobody reviewed.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        arraySort(groupArrayIf((place, occurred_at, event_id, actor_id), what = 'suggests')) AS suggestions,
        arraySort(groupArrayIf((place, occurred_at, event_id, actor_id), what = 'decides')) AS decisions,
        groupArrayIf(place, what = 'reviews') AS reviews,
        arrayFilter(
            one -> notEmpty(one.2) AND NOT arrayExists(review -> review > one.1.1 AND review < one.2[1].1, reviews),
            arrayMap(one -> (one, arrayFilter(two -> two.1 > one.1, decisions)), suggestions)
        ) AS unreviewed,
        unreviewed[1].1 AS suggestion,
        unreviewed[1].2[1] AS decided
    FROM (
        SELECT
            object_type,
            object_id,
            event_id,
            (occurred_at, seq, place_id) AS place,
            occurred_at,
            actor_id,
            multiIf(
                activity = 'ai.reviewed' AND actor_kind = 'human', 'reviews',
                activity IN ('approval.decided', 'requisition.approved', 'po.approved', 'invoice.approved', 'onboarding.approved'),
                'decides',
                activity = 'ai.suggested'
                AND event_id IN (
                    SELECT event_id
                    FROM sightline.events
                    WHERE tenant_id = {tenant_id:String}
                        AND event_id IN (
                            SELECT event_id
                            FROM sightline.{timelines:Identifier} FINAL
                            WHERE
                                -- include shared/in-scope
                                AND activity = 'ai.suggested'
                        )
                        AND JSONExtractString(ai, 'kind') = 'recommendation'
                ),
                'suggests',
                ''
            ) AS what
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type IN ('requisition', 'purchase_order', 'invoice', 'onboarding')
            AND leads
            AND activity IN (
                'ai.suggested',
                'ai.reviewed',
                'approval.decided',
                'requisition.approved',
                'po.approved',
                'invoice.approved',
                'onboarding.approved'
            )
    )
    GROUP BY object_type, object_id
)
WHERE notEmpty(unreviewed)

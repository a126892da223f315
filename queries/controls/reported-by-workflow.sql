-- title: Violations that the workflow reports
-- version: 1
-- category: exception
-- severity: medium
-- grain: requisition, purchase_order, invoice, payment, onboarding, goods_receipt
-- documents: requisition, purchase_order, invoice, payment, onboarding, goods_receipt
-- guards: policy.violated
-- needs: none
-- definition: The workflow itself reported a policy violated (`policy.violated`): each document and policy once, when
--   first reported, in the category that the report or the policy names.
SELECT
    reported.object_type AS document_type,
    reported.object_id AS document_id,
    reported.policy AS subject_id,
    multiIf(
        argMin(told.said.1, place) IN (
            'authority', 'threshold', 'eligibility', 'contract', 'budget', 'tax', 'retention', 'segregation', 'exception', 'AI'
        ),
        argMin(told.said.1, place),
        any(policies.category) != '',
        any(policies.category),
        'exception'
    ) AS category,
    min(reported.occurred_at) AS detected_at,
    if(argMin(told.said.2, place) IN ('low', 'medium', 'high', 'critical'), argMin(told.said.2, place), 'medium') AS severity,
    reported.policy AS policy_id,
    argMin(reported.policy_version, place) AS policy_version,
    NULL AS amount,
    '' AS currency,
    argMin(told.said.3, place) AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, reported.event_id)))) AS evidence,
    concat(
        'Reported by ',
        argMin(reported.system, place),
        ': ',
        if(argMin(told.said.4, place) = '', reported.policy, argMin(told.said.4, place)),
        '.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        event_id,
        content_hash,
        (occurred_at, seq, place_id) AS place,
        occurred_at,
        toString(policy_id) AS policy,
        toString(policy_version) AS policy_version,
        toString(system) AS system
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'goods_receipt')
        AND leads
        AND activity = 'policy.violated'
) AS reported
LEFT JOIN (
    SELECT
        event_id,
        content_hash,
        min((
            JSONExtractString(attributes, 'control'),
            JSONExtractString(attributes, 'severity'),
            JSONExtractString(attributes, 'offender'),
            message
        )) AS said
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            SELECT event_id
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND activity = 'policy.violated'
        )
    GROUP BY event_id, content_hash
) AS told USING (event_id, content_hash)
LEFT JOIN (
    SELECT
        key AS policy,
        max(JSONExtractString(body, 'category')) AS category
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'policies'
    GROUP BY policy
) AS policies USING (policy)
GROUP BY reported.object_type, reported.object_id, reported.policy

-- title: Approver without authority in the matrix
-- version: 1
-- category: authority
-- severity: high
-- grain: requisition, purchase_order, invoice, onboarding
-- documents: requisition, purchase_order, invoice, onboarding
-- guards: invoice.approved, requisition.approved, po.approved
-- needs: approval_matrices
-- definition: Somebody decided a step of the approval matrix who stands in it at no time, neither as the person nor by
--   role, nor on behalf of somebody who does, for the entity, region and risk category of the document. Each approver
--   once, at the first such decision.
WITH
    -- include shared/accounts,
    -- include shared/approval-matrix
SELECT
    document_type,
    document_id,
    who AS subject_id,
    'authority' AS category,
    min(occurred_at) AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    who AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS evidence,
    concat(
        'Decided by ',
        who,
        ' (',
        arrayStringConcat(arraySort(groupUniqArray(actor_id)), ', '),
        '), who has no authority for ',
        arrayStringConcat(arraySort(groupUniqArray(if(step = '', 'it', step))), ', '),
        '.'
    ) AS detail
FROM (
    -- include shared/judged-decisions
)
WHERE NOT held
GROUP BY document_type, document_id, who

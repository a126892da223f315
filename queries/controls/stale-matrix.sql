-- title: Approved by a stale matrix
-- version: 1
-- category: authority
-- severity: medium
-- grain: requisition, purchase_order, invoice, onboarding
-- documents: requisition, purchase_order, invoice, onboarding
-- guards: requisition.approved, invoice.approved, po.approved
-- needs: approval_matrices
-- definition: Somebody decided a step for which the matrix named them at another time, but not at the instant of the
--   decision: the workflow decides by an old matrix. Each approver once, at the first such decision.
WITH
    -- include shared/accounts,
    -- include shared/approval-matrix
SELECT
    document_type,
    document_id,
    who AS subject_id,
    'authority' AS category,
    min(occurred_at) AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    who AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS evidence,
    concat(
        'Decided by ',
        who,
        ' for ',
        arrayStringConcat(arraySort(groupUniqArray(if(step = '', 'it', step))), ', '),
        if(
            max(held_until) = toDateTime64(0, 6, 'UTC'),
            ', whose authority had not begun.',
            concat(', whose authority ended on ', toString(toDate(max(held_until))), '.')
        )
    ) AS detail
FROM (
    -- include shared/judged-decisions
)
WHERE held AND NOT holds
GROUP BY document_type, document_id, who

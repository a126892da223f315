-- title: Systems disagree on an approval
-- version: 1
-- category: authority
-- severity: high
-- grain: requisition, purchase_order, invoice
-- documents: requisition, purchase_order, invoice
-- guards: requisition.approved, invoice.approved
-- needs: none
-- definition: The last verdicts of two systems – workflow, ERP, contract system – on the approval of a document
--   contradict each other: one approved, the other rejected. Verdicts before the last submission are left out.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'authority' AS category,
    greatest(arrayMin(arrayMap(one -> one.1, approvals)), arrayMin(arrayMap(one -> one.1, rejections))) AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    '' AS offender,
    arrayMap(one -> one.2, arraySort(arrayConcat(approvals, rejections))) AS evidence,
    concat(
        'Approved in ',
        arrayStringConcat(arraySort(arrayMap(one -> one.3, approvals)), ', '),
        ', not in ',
        arrayStringConcat(arraySort(arrayMap(one -> one.3, rejections)), ', '),
        '.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        groupArrayIf((last.1, last.2, system), NOT last.3) AS approvals,
        groupArrayIf((last.1, last.2, system), last.3) AS rejections
    FROM (
        SELECT
            object_type,
            object_id,
            system,
            argMax((occurred_at, event_id, rejects), place) AS last
        FROM (
            SELECT
                object_type,
                object_id,
                event_id,
                toString(system) AS system,
                occurred_at,
                (occurred_at, seq, place_id) AS place,
                status IN ('rejected', 'cancelled') OR endsWith(activity, '.rejected') AS rejects,
                activity IN ('requisition.submitted', 'requisition.changed', 'po.changed') AS restarts,
                maxIf((occurred_at, seq, place_id), restarts) OVER (PARTITION BY object_type, object_id) AS restarted
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND leads
                AND system != ''
                AND object_type IN ('requisition', 'purchase_order', 'invoice')
                AND activity IN (
                    'approval.decided',
                    'requisition.approved',
                    'requisition.rejected',
                    'requisition.submitted',
                    'requisition.changed',
                    'po.approved',
                    'po.rejected',
                    'po.changed',
                    'invoice.approved',
                    'invoice.rejected'
                )
        )
        WHERE NOT restarts AND place > restarted
        GROUP BY object_type, object_id, system
    )
    GROUP BY object_type, object_id
    HAVING notEmpty(approvals) AND notEmpty(rejections)
)

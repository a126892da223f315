-- title: Invoice before the approval of the order
-- version: 1
-- category: exception
-- severity: low
-- grain: invoice
-- documents: invoice, purchase_order, requisition
-- guards: invoice.received
-- needs: none
-- definition: An invoice was received before its order was approved: before the order's approval, or, where it has none,
--   that of its requisition. Where none is given yet, but asked for, the invoice came before it, too.
SELECT
    'invoice' AS document_type,
    invoices.invoice_id AS document_id,
    '' AS subject_id,
    'exception' AS category,
    invoices.received.1 AS detected_at,
    'low' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    '' AS offender,
    arrayFilter(
        one -> one != toUUID('00000000-0000-0000-0000-000000000000'),
        [invoices.received.2, argMin(approvals.approved.2, approvals.approved.1)]
    ) AS evidence,
    concat(
        'Received ',
        if(
            countIf(approvals.approved.1 > toDateTime64(0, 6, 'UTC')) = count(),
            concat(
                toString(round(dateDiff('second', invoices.received.1, min(approvals.approved.1)) / 3600, 1)),
                ' h before '
            ),
            'while nobody has approved '
        ),
        'the order ',
        arrayStringConcat(arraySort(groupUniqArray(approvals.purchase_order_id)), ', '),
        if(countIf(approvals.approved.1 > toDateTime64(0, 6, 'UTC')) = count(), ' was approved.', '.')
    ) AS detail
FROM (
    SELECT
        object_id AS invoice_id,
        argMin((occurred_at, event_id), (occurred_at, seq, place_id)) AS received
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
        AND activity = 'invoice.received'
    GROUP BY object_id
) AS invoices
INNER JOIN (
    -- include shared/invoice-orders
) AS billed USING (invoice_id)
INNER JOIN (
    SELECT
        purchase_order_id,
        if(
            countIf(of_order) > 0,
            argMinIf((occurred_at, event_id), place, of_order),
            argMinIf((occurred_at, event_id), place, NOT of_order AND NOT asks)
        ) AS approved,
        countIf(asks) AS asked
    FROM (
        SELECT
            object_id AS purchase_order_id,
            activity = 'po.approved' AS of_order,
            activity = 'approval.requested' AS asks,
            occurred_at,
            event_id,
            (occurred_at, seq, place_id) AS place
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND object_type = 'purchase_order'
            AND activity IN ('po.approved', 'approval.requested')
            AND object_id IN (
                SELECT purchase_order_id
                FROM (
                    -- include shared/invoice-orders
                )
            )
        UNION ALL
        SELECT
            purchase_order_id,
            false AS of_order,
            asks,
            occurred_at,
            event_id,
            place
        FROM (
            -- include shared/order-requisitions
        ) AS pairs
        INNER JOIN (
            SELECT
                object_id AS requisition_id,
                activity = 'approval.requested' AS asks,
                occurred_at,
                event_id,
                (occurred_at, seq, place_id) AS place
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND live
                AND object_type = 'requisition'
                AND leads
                AND activity IN ('requisition.approved', 'approval.requested')
                AND object_id IN (
                    SELECT requisition_id
                    FROM (
                        -- include shared/order-requisitions
                    )
                )
        ) AS steps USING (requisition_id)
    )
    GROUP BY purchase_order_id
) AS approvals USING (purchase_order_id)
WHERE approvals.approved.1 > invoices.received.1
    OR approvals.approved.1 = toDateTime64(0, 6, 'UTC') AND approvals.asked > 0
GROUP BY invoices.invoice_id, invoices.received

-- title: Payment before the approval of the invoice
-- version: 1
-- category: exception
-- severity: high
-- grain: payment
-- documents: payment, invoice
-- guards: payment.released
-- needs: none
-- definition: A payment was released before an invoice that it pays was approved; where that is asked for and not given
--   yet, too.
SELECT
    'payment' AS document_type,
    payments.payment_id AS document_id,
    '' AS subject_id,
    'exception' AS category,
    payments.released.1 AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    payments.released.3 AS offender,
    arrayFilter(
        one -> one != toUUID('00000000-0000-0000-0000-000000000000'),
        [payments.released.2, argMin(approvals.approved.2, approvals.approved.1)]
    ) AS evidence,
    concat(
        'Released ',
        if(
            min(approvals.approved.1) > toDateTime64(0, 6, 'UTC'),
            concat(
                toString(round(dateDiff('second', payments.released.1, min(approvals.approved.1)) / 3600, 1)),
                ' h before invoice '
            ),
            'although nobody has approved invoice '
        ),
        arrayStringConcat(arraySort(groupUniqArray(approvals.invoice_id)), ', '),
        if(min(approvals.approved.1) > toDateTime64(0, 6, 'UTC'), ' was approved.', '.')
    ) AS detail
FROM (
    SELECT
        object_id AS payment_id,
        argMin((occurred_at, event_id, actor_id), (occurred_at, seq, place_id)) AS released
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'payment'
        AND activity = 'payment.released'
    GROUP BY object_id
) AS payments
INNER JOIN (
    -- include shared/payment-invoices
) AS paid USING (payment_id)
INNER JOIN (
    SELECT
        object_id AS invoice_id,
        argMinIf((occurred_at, event_id), (occurred_at, seq, place_id), activity = 'invoice.approved') AS approved,
        countIf(activity = 'approval.requested') AS asked
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND live
        AND object_type = 'invoice'
        AND activity IN ('invoice.approved', 'approval.requested')
        AND object_id IN (
            SELECT invoice_id
            FROM (
                -- include shared/payment-invoices
            )
        )
    GROUP BY object_id
) AS approvals USING (invoice_id)
WHERE approvals.approved.1 > payments.released.1
    OR approvals.approved.1 = toDateTime64(0, 6, 'UTC') AND approvals.asked > 0
GROUP BY payments.payment_id, payments.released

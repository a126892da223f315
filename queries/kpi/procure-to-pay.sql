-- title: Procure-to-pay cycle
-- unit: s
-- better: lower
-- grain: invoice
-- cohort: payment transmitted; while unpaid, received
-- definition: First transmission of the payment of an invoice minus the first submission of the requisitions behind it,
--   elapsed time. The path is invoice to purchase order to requisition, each pair named by a common event; invoices without
--   it are left out, and so are those that run backwards. Open: received, with a path, and neither paid nor rejected,
--   cancelled or credited.
-- benchmark: none
-- minimum_n: 20
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', cohort_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', cohort_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', cohort_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', cohort_at), 6, 'UTC'),
        if(cohort_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(cycle_us, paid AND cycle_us >= 0) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(cycle_us, paid AND cycle_us >= 0) / 1e6) AS p90,
    countIf(paid AND cycle_us >= 0) AS n,
    countIf(NOT paid AND NOT dropped) AS open
FROM (
    SELECT
        object_dims,
        cohort_at,
        paid,
        dropped,
        toUnixTimestamp64Micro(paid_at) - toUnixTimestamp64Micro(submitted_at) AS cycle_us
    FROM (
        SELECT
            object_id AS invoice_id,
            maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
            minIf(occurred_at, activity = 'payment.transmitted') AS paid_at,
            countIf(activity = 'payment.transmitted') > 0 AS paid,
            countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
            if(paid, paid_at, minIf(occurred_at, activity = 'invoice.received')) AS cohort_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'invoice'
            AND live
        GROUP BY object_id
        HAVING countIf(activity IN ('invoice.received', 'payment.transmitted')) > 0
            AND cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
    ) AS invoices
    INNER JOIN (
        SELECT invoice_id, min(submitted_at) AS submitted_at
        FROM (
            SELECT DISTINCT object_id AS invoice_id, purchase_order_id
            FROM sightline.object_events FINAL
            INNER JOIN (
                SELECT event_id, object_id AS purchase_order_id
                FROM sightline.object_events FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND object_type = 'purchase_order'
                    AND live
            ) AS orders USING (event_id)
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'invoice'
                AND live
        ) AS billed
        INNER JOIN (
            SELECT DISTINCT object_id AS requisition_id, purchase_order_id
            FROM sightline.object_events FINAL
            INNER JOIN (
                SELECT event_id, object_id AS purchase_order_id
                FROM sightline.object_events FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND object_type = 'purchase_order'
                    AND live
            ) AS orders USING (event_id)
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'requisition'
                AND live
        ) AS ordered USING (purchase_order_id)
        INNER JOIN (
            SELECT object_id AS requisition_id, min(occurred_at) AS submitted_at
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'requisition'
                AND activity = 'requisition.submitted'
                AND live
            GROUP BY requisition_id
        ) AS submitted USING (requisition_id)
        GROUP BY invoice_id
    ) AS paths USING (invoice_id)
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

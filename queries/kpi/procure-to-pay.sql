-- title: Procure-to-pay cycle
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice, purchase_order, requisition
-- cohort: payment transmitted; while unpaid, received
-- calendar: elapsed
-- definition: First transmission of the payment of an invoice minus the first submission of the requisitions behind it,
--   elapsed time. The path is invoice to purchase order to requisition, each pair named by a common event; invoices without
--   it are left out, and so are those that run backwards. Open: received, with a path, and neither paid nor rejected,
--   cancelled or credited.
-- benchmark: none
-- minimum_n: 20
SELECT
    'invoice' AS document_type,
    invoice_id AS document_id,
    invoice_id AS subject_id,
    cohort_at,
    toUnixTimestamp64Micro(paid_at) - toUnixTimestamp64Micro(submitted_at) AS cycle_us,
    has_path AND paid AND cycle_us >= 0 AS counted,
    has_path AND NOT paid AND NOT dropped AS open,
    multiIf(counted OR open, '', NOT has_path, 'no requisition is known behind it', paid, 'runs backwards', 'rejected, cancelled or credited') AS reason,
    if(counted, cycle_us / 1e6, 0) AS value,
    1 AS weight,
    facets
FROM (
    SELECT
        object_id AS invoice_id,
        minIf(occurred_at, activity = 'payment.transmitted') AS paid_at,
        countIf(activity = 'payment.transmitted') > 0 AS paid,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        if(paid, paid_at, minIf(occurred_at, activity = 'invoice.received')) AS cohort_at,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'invoice'
    GROUP BY object_id
    HAVING countIf(activity IN ('invoice.received', 'payment.transmitted')) > 0
) AS invoices
LEFT JOIN (
    SELECT
        invoice_id,
        true AS has_path,
        min(submitted_at) AS submitted_at
    FROM (
        -- include shared/invoice-orders
    ) AS billed
    INNER JOIN (
        -- include shared/order-requisitions
    ) AS ordered USING (purchase_order_id)
    INNER JOIN (
        SELECT
            object_id AS requisition_id,
            min(occurred_at) AS submitted_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'requisition'
            AND activity = 'requisition.submitted'
            AND live
            AND object_id IN (
                SELECT requisition_id
                FROM (
                    -- include shared/order-requisitions
                )
            )
        GROUP BY requisition_id
    ) AS submitted USING (requisition_id)
    GROUP BY invoice_id
) AS paths USING (invoice_id)

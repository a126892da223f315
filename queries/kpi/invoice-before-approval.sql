-- title: Orders billed before their approval
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order, goods_receipt, service_entry, invoice
-- cohort: created
-- calendar: none
-- definition: Orders on which an invoice was issued or received before they were approved (where no approval is known: released),
--   or without that, divided by orders with an invoice. Open: not billed, and neither rejected, cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    'purchase_order' AS document_type,
    order_id AS document_id,
    order_id AS subject_id,
    created_at AS cohort_at,
    billed_at < toDateTime64('2250-01-01 00:00:00', 6, 'UTC') AS counted,
    NOT counted AND NOT dropped AS open,
    if(counted OR open, '', 'never billed') AS reason,
    counted AND billed_at < approved_at AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/order-path
)

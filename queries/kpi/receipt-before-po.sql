-- title: Orders made after the receipt
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order, goods_receipt, service_entry, invoice
-- cohort: created
-- calendar: none
-- definition: Orders that were created after the first receipt on them was recorded, divided by orders with a receipt. Open: nothing
--   received, and neither rejected, cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    'purchase_order' AS document_type,
    order_id AS document_id,
    order_id AS subject_id,
    created_at AS cohort_at,
    received_at < toDateTime64('2250-01-01 00:00:00', 6, 'UTC') AS counted,
    NOT counted AND NOT dropped AS open,
    if(counted OR open, '', 'nothing received') AS reason,
    counted AND received_at < created_at AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/order-path
)

-- title: Three-way match failures
-- unit: ratio
-- better: lower
-- topic: quality
-- grain: invoice_line that needs it
-- documents: invoice_line, invoice
-- reads: invoice_line, invoice, po_line, purchase_order
-- cohort: first match verdict; while there is none, first event
-- calendar: none
-- definition: Invoice lines that failed the match by quantity, price or receipt at least once, divided by lines with a match
--   verdict. An invoice without lines of its own is one line. Lines of two-way matches and of consignment (attribute `matching`
--   or `item_category` of the line, its invoice or its order) need no receipt and are left out, and so are lines without an order.
--   Open: no verdict yet, and neither rejected, cancelled nor credited.
-- benchmark: none
-- minimum_n: 20
SELECT
    document_type,
    document_id,
    document_id AS subject_id,
    coalesce(least(matched_at, mismatched_at), matched_at, mismatched_at) AS verdict_at,
    verdict_at IS NOT NULL AS judged,
    match(lower(concat(own_way.way, ' ', order_way.way)), '(2|two)[-_ ]?way|consignment') AS exempt,
    assumeNotNull(coalesce(verdict_at, first_at)) AS cohort_at,
    judged AND NOT exempt AND order_id != '' AS counted,
    NOT judged AND NOT exempt AND NOT dropped AND order_id != '' AS open,
    multiIf(counted OR open, '', order_id = '', 'no order is known', exempt, 'two-way match or consignment', 'rejected, cancelled or credited') AS reason,
    counted AND failed AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/invoice-lines
) AS lines
LEFT JOIN (
    -- include shared/matching-ways
) AS own_way ON own_way.object_type = lines.document_type AND own_way.object_id = lines.document_id
LEFT JOIN (
    -- include shared/matching-ways
) AS order_way ON order_way.object_type = lines.order_type AND order_way.object_id = lines.order_id

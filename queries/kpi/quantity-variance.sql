-- title: Quantity variance
-- unit: ratio
-- range: unbounded
-- better: lower
-- topic: money
-- grain: invoice_line
-- documents: po_line, purchase_order
-- reads: po_line, purchase_order, goods_receipt, service_entry, invoice, invoice_line
-- cohort: posted
-- calendar: none
-- needs: value_assumptions
-- definition: Sum of (billed quantity - received quantity) x ordered price, divided by the sum of received quantity x ordered
--   price, of posted invoice lines. Where several lines bill one order line, receipts answer them in the order of posting and the
--   last one takes the rest. Cancelled receipts do not count. Lines whose order line has no receipt or price, and those without a
--   rate of the day of posting into the reporting currency, are left out. A line stands on the order line that it bills.
-- benchmark: none
-- minimum_n: 20
WITH
    links AS (
        SELECT
            object_type,
            object_id,
            other_type,
            other_id,
            event_id
        FROM sightline.{links:Identifier}
        WHERE
            -- include shared/linked-in-scope
            AND object_type IN ('po_line', 'purchase_order')
            AND other_type IN ('po_line', 'invoice', 'invoice_line')
    ),
    order_lines AS (
        SELECT
            object_type,
            object_id,
            sumIf(toFloat64(assumeNotNull(quantity)), quantity > 0 AND activity IN ('goods_receipt.recorded', 'service_entry.recorded'))
                - sumIf(toFloat64(assumeNotNull(quantity)), quantity > 0 AND activity = 'goods_receipt.cancelled') AS received,
            toFloat64(ifNull(argMaxIf(unit_price, (occurred_at, seq, place_id), unit_price > 0 AND startsWith(activity, 'po.')), 0)) AS price,
            argMaxIf(currency, (occurred_at, seq, place_id), unit_price > 0 AND startsWith(activity, 'po.')) AS price_currency,
            -- include shared/facets
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND (
                object_type = 'po_line'
                OR object_type = 'purchase_order' AND event_id NOT IN (
                    SELECT event_id
                    FROM links
                    WHERE object_type = 'purchase_order' AND other_type = 'po_line'
                )
            )
        GROUP BY
            object_type,
            object_id
    ),
    bills AS (
        SELECT
            object_type AS bill_type,
            object_id AS bill_id,
            minIf(occurred_at, activity = 'invoice.posted') AS posted_at,
            toFloat64(assumeNotNull(argMaxIf(quantity, (occurred_at, seq, place_id), quantity > 0 AND startsWith(activity, 'invoice.')))) AS billed
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND (object_type, object_id) IN (SELECT other_type, other_id FROM links WHERE other_type IN ('invoice', 'invoice_line'))
        GROUP BY
            bill_type,
            bill_id
        HAVING countIf(activity = 'invoice.posted') > 0 AND countIf(quantity > 0 AND startsWith(activity, 'invoice.')) > 0
    ),
    finer AS (
        SELECT
            object_type AS bill_type,
            object_id AS bill_id,
            other_type
        FROM sightline.object_links
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN (SELECT bill_type, bill_id FROM bills)
            AND other_type IN ('po_line', 'invoice_line')
    ),
    pairs AS (
        SELECT
            object_type,
            object_id,
            arraySort(groupUniqArray((posted_at, bill_id, billed))) AS posted
        FROM links
        INNER JOIN bills ON bills.bill_type = links.other_type AND bills.bill_id = links.other_id
        WHERE (links.object_type = 'po_line' OR (bill_type, bill_id) NOT IN (SELECT bill_type, bill_id FROM finer WHERE other_type = 'po_line'))
            AND (bill_type = 'invoice_line' OR (bill_type, bill_id) NOT IN (SELECT bill_type, bill_id FROM finer WHERE other_type = 'invoice_line'))
        GROUP BY
            object_type,
            object_id
    )
SELECT
    document_type,
    document_id,
    bill.2 AS subject_id,
    bill.1 AS cohort_at,
    received > 0 AND price > 0 AND rate > 0 AS counted,
    0 AS open,
    multiIf(counted, '', received <= 0, 'no receipt is known', price = 0, 'no price of the order is known', 'no rate') AS reason,
    if(counted, (bill.3 - answered) * price * rate, 0) AS value,
    if(counted, answered * price * rate, 0) AS weight,
    facets
FROM (
    SELECT
        order_lines.object_type AS document_type,
        order_lines.object_id AS document_id,
        order_lines.received AS received,
        order_lines.price AS price,
        order_lines.price_currency AS price_currency,
        order_lines.facets AS facets,
        arrayJoin(arrayZip(pairs.posted, arrayPushFront(arrayPopBack(arrayCumSum(one -> one.3, pairs.posted)), 0), arrayEnumerate(pairs.posted))) AS place,
        place.1 AS bill,
        bill.1 AS posted_at,
        greatest(received - place.2, 0) AS remaining,
        if(place.3 = length(pairs.posted), remaining, least(remaining, bill.3)) AS answered
    FROM order_lines
    INNER JOIN pairs ON pairs.object_type = order_lines.object_type AND pairs.object_id = order_lines.object_id
) AS lines
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = lines.price_currency AND rates.valid_from <= lines.posted_at

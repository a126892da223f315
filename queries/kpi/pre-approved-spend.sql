-- title: Spend approved before it was committed
-- unit: ratio
-- better: higher
-- topic: compliance
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order, requisition
-- cohort: committed (first released, sent or confirmed); while not, created
-- calendar: none
-- needs: value_assumptions
-- definition: Value of committed orders for which an approval stood at the commitment – of the order, or of a requisition behind
--   it –, divided by the value of committed orders. Amounts are
--   converted at the rate of the cohort's day into the reporting currency; orders without a rate or an amount are left out. Open: created and neither committed, rejected,
--   cancelled nor closed.
-- benchmark: leaders 97.6 % (Coupa 2018)
-- minimum_n: 20
SELECT
    'purchase_order' AS document_type,
    order_id AS document_id,
    order_id AS subject_id,
    cohort_at,
    if(cohort_at < rates.valid_to, rates.rate, 0) AS rate,
    committed AND ordered > 0 AND rate > 0 AS counted,
    NOT committed AND NOT dropped AS open,
    multiIf(counted OR open, '', NOT committed, 'rejected, cancelled or closed', ordered = 0, 'no amount', 'no rate') AS reason,
    if(counted AND (own_approved_at <= cohort_at OR behind.approved_at <= cohort_at), ordered * rate, 0) AS value,
    if(counted, ordered * rate, 0) AS weight,
    facets
FROM (
    SELECT
        object_id AS order_id,
        minIf(occurred_at, activity = 'po.released') AS released_at,
        countIf(activity = 'po.released') > 0 AS released,
        countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
        toFloat64(ifNull(argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'po.')), 0)) AS ordered,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, 'po.')) AS ordered_currency,
        countIf(activity IN ('po.released', 'po.sent', 'po.confirmed')) > 0 AS committed,
        if(
            committed,
            minIf(occurred_at, activity IN ('po.released', 'po.sent', 'po.confirmed')),
            minIf(occurred_at, activity = 'po.created')
        ) AS cohort_at,
        minOrNullIf(occurred_at, activity = 'po.approved' OR activity = 'approval.decided' AND status = 'ok') AS own_approved_at,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'purchase_order'
    GROUP BY object_id
    HAVING countIf(activity IN ('po.created', 'po.released', 'po.sent', 'po.confirmed')) > 0
) AS orders
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = orders.ordered_currency AND rates.valid_from <= orders.cohort_at
LEFT JOIN (
    SELECT
        purchase_order_id,
        minOrNull(approved_at) AS approved_at
    FROM (
        -- include shared/requisitions-of-orders
    ) AS pairs
    INNER JOIN (
        SELECT
            object_id AS requisition_id,
            min(occurred_at) AS approved_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND object_type = 'requisition'
            AND (activity = 'requisition.approved' OR activity = 'approval.decided' AND status = 'ok')
            AND object_id IN (
                SELECT requisition_id
                FROM (
                    -- include shared/requisitions-of-orders
                )
            )
        GROUP BY requisition_id
    ) AS approvals USING (requisition_id)
    GROUP BY purchase_order_id
) AS behind ON behind.purchase_order_id = orders.order_id

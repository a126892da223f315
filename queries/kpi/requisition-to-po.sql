-- title: Requisition to purchase order
-- unit: s
-- better: lower
-- grain: requisition
-- cohort: first submitted
-- definition: First release of a purchase order of the requisition minus its first submission, elapsed time; the two belong
--   together when an event names both. Orders released before the submission answer no requisition and are left out. Open:
--   submitted and neither ordered nor rejected, withdrawn or cancelled since the last submission.
-- benchmark: leaders 11.6 h (Coupa 2018); best 5 h, worst 48 h (APQC)
-- minimum_n: 20
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', submitted_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', submitted_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', submitted_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', submitted_at), 6, 'UTC'),
        if(submitted_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(to_po_us, notEmpty(answers)) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(to_po_us, notEmpty(answers)) / 1e6) AS p90,
    countIf(notEmpty(answers)) AS n,
    countIf(empty(releases) AND NOT dropped) AS open
FROM (
    SELECT
        object_dims,
        submitted_at,
        dropped,
        releases,
        arrayFilter(released_at -> released_at >= submitted_at, releases) AS answers,
        toUnixTimestamp64Micro(arrayMin(answers)) - toUnixTimestamp64Micro(submitted_at) AS to_po_us
    FROM (
        SELECT
            object_id,
            maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
            minIf(occurred_at, activity = 'requisition.submitted') AS submitted_at,
            maxIf(occurred_at, activity IN ('requisition.rejected', 'requisition.withdrawn', 'requisition.cancelled'))
                > maxIf(occurred_at, activity = 'requisition.submitted') AS dropped
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'requisition'
            AND live
        GROUP BY object_id
        HAVING countIf(activity = 'requisition.submitted') > 0
            AND submitted_at >= {from:DateTime64(6, 'UTC')} AND submitted_at < {to:DateTime64(6, 'UTC')}
    ) AS requisitions
    LEFT JOIN (
        SELECT requisition_id, groupUniqArray(released_at) AS releases
        FROM (
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
        ) AS pairs
        INNER JOIN (
            SELECT object_id AS purchase_order_id, occurred_at AS released_at
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'purchase_order'
                AND activity = 'po.released'
                AND live
        ) AS released USING (purchase_order_id)
        GROUP BY requisition_id
    ) AS ordered ON ordered.requisition_id = requisitions.object_id
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

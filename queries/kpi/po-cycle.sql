-- title: Purchase order cycle
-- unit: s
-- better: lower
-- grain: purchase_order
-- cohort: created
-- definition: First sending or confirmation of an order, whichever is earlier, minus its creation, elapsed time. Orders that
--   run backwards are left out. Open: created and neither sent, confirmed, rejected, cancelled nor closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', created_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', created_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', created_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', created_at), 6, 'UTC'),
        if(created_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(cycle_us, sent AND cycle_us >= 0) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(cycle_us, sent AND cycle_us >= 0) / 1e6) AS p90,
    countIf(sent AND cycle_us >= 0) AS n,
    countIf(NOT sent AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'po.created') AS created_at,
        minIf(occurred_at, activity IN ('po.sent', 'po.confirmed')) AS sent_at,
        countIf(activity IN ('po.sent', 'po.confirmed')) > 0 AS sent,
        countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
        toUnixTimestamp64Micro(sent_at) - toUnixTimestamp64Micro(created_at) AS cycle_us
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'purchase_order'
        AND live
    GROUP BY object_id
    HAVING countIf(activity = 'po.created') > 0
        AND created_at >= {from:DateTime64(6, 'UTC')} AND created_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

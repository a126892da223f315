-- title: Invoices matched to an order
-- unit: ratio
-- better: higher
-- grain: invoice
-- cohort: posted; while not posted, received
-- definition: Posted invoices that were matched to a purchase order, divided by posted invoices. Open: received and neither
--   posted nor rejected, cancelled or credited.
-- benchmark: median 85 % (APQC)
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
    if(n = 0, NULL, countIf(posted AND matched) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(posted) AS n,
    countIf(NOT posted AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(activity = 'invoice.posted') > 0 AS posted,
        countIf(activity = 'invoice.matched') > 0 AS matched,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        if(posted, minIf(occurred_at, activity = 'invoice.posted'), minIf(occurred_at, activity = 'invoice.received')) AS cohort_at
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'invoice'
        AND live
    GROUP BY object_id
    HAVING countIf(activity IN ('invoice.received', 'invoice.posted')) > 0
        AND cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

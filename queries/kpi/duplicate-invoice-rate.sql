-- title: Duplicate invoices
-- unit: ratio
-- better: lower
-- grain: invoice
-- cohort: received
-- definition: Received invoices found to be a duplicate (business exception or verdict of category duplicate), divided by
--   received invoices. Open: received and neither found a duplicate nor posted, rejected, cancelled or credited.
-- benchmark: best 0.8 %, worst 2 % of disbursements (APQC 2020)
-- minimum_n: 100
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', received_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', received_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', received_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', received_at), 6, 'UTC'),
        if(received_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, countIf(duplicate) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    count() AS n,
    countIf(NOT duplicate AND NOT ended) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'invoice.received') AS received_at,
        countIf(class = 'business' AND category = 'duplicate') > 0 AS duplicate,
        countIf(activity IN ('invoice.posted', 'invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS ended
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'invoice'
        AND live
    GROUP BY object_id
    HAVING countIf(activity = 'invoice.received') > 0
        AND received_at >= {from:DateTime64(6, 'UTC')} AND received_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

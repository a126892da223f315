-- title: Capture lag
-- unit: s
-- better: lower
-- grain: invoice
-- cohort: received
-- definition: First capture minus first receipt of an invoice, elapsed time; where capture has a start and an end, the start
--   counts. Invoices that run backwards are left out. Open: received and neither captured nor rejected or cancelled.
-- benchmark: median 12 h (APQC)
-- minimum_n: 20
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', received_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', received_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', received_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', received_at), 6, 'UTC'),
        if(received_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(lag_us, captured AND lag_us >= 0) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(lag_us, captured AND lag_us >= 0) / 1e6) AS p90,
    countIf(captured AND lag_us >= 0) AS n,
    countIf(NOT captured AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'invoice.received') AS received_at,
        minIf(occurred_at, activity = 'invoice.captured') AS captured_at,
        countIf(activity = 'invoice.captured') > 0 AS captured,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled')) > 0 AS dropped,
        toUnixTimestamp64Micro(captured_at) - toUnixTimestamp64Micro(received_at) AS lag_us
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

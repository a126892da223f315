-- title: Invoice cycle
-- unit: s
-- better: lower
-- grain: invoice
-- cohort: received
-- definition: First receipt of an invoice to its approval and the proposal of its payment, the later of the two, elapsed
--   time. An invoice for which no approval was ever asked or given is done with the proposal. Invoices that run backwards are
--   left out. Open: received and neither done nor rejected, cancelled or credited.
-- benchmark: leaders 2.9 d, average 8.3 d (Ardent 2019); average 9.2 d (2024); 3.1 and 17.4 d (2025): the definitions differ
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
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(cycle_us, done AND cycle_us >= 0) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(cycle_us, done AND cycle_us >= 0) / 1e6) AS p90,
    countIf(done AND cycle_us >= 0) AS n,
    countIf(NOT done AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'invoice.received') AS received_at,
        minIf(occurred_at, activity = 'invoice.approved') AS approved_at,
        minIf(occurred_at, activity = 'payment.proposed') AS proposed_at,
        countIf(activity = 'invoice.approved') > 0 AS approved,
        countIf(activity IN ('invoice.approval_requested', 'approval.requested')) > 0 AS asked,
        countIf(activity = 'payment.proposed') > 0 AND (approved OR NOT asked) AS done,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        toUnixTimestamp64Micro(if(approved, greatest(approved_at, proposed_at), proposed_at)) - toUnixTimestamp64Micro(received_at) AS cycle_us
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

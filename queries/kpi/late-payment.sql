-- title: Late payment
-- unit: ratio
-- better: lower
-- grain: invoice
-- cohort: due
-- definition: Invoices whose payment cleared (where no clearing is known: was transmitted) after the due date, divided by
--   paid invoices. The due date is the latest that an event of the invoice states. Open: overdue now and unpaid, without
--   rejected, cancelled and credited ones.
-- benchmark: median 4 % late (APQC, second-hand)
-- minimum_n: 20
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', due_on), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', due_on), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', due_on), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', due_on), 6, 'UTC'),
        if(due_on < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, countIf(paid AND paid_at > due_on) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(paid) AS n,
    countIf(NOT paid AND NOT dropped AND due_on < now64(6)) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(due_at IS NOT NULL AND startsWith(activity, 'invoice.')) > 0 AS dated,
        assumeNotNull(
            argMaxIf(due_at, (occurred_at, seq, place_id), due_at IS NOT NULL AND startsWith(activity, 'invoice.'))
        ) AS due_on,
        countIf(activity = 'payment.cleared') > 0 AS cleared,
        countIf(activity = 'payment.transmitted') > 0 OR cleared AS paid,
        if(
            cleared,
            minIf(occurred_at, activity = 'payment.cleared'),
            minIf(occurred_at, activity = 'payment.transmitted')
        ) AS paid_at,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'invoice'
        AND live
    GROUP BY object_id
    HAVING dated
        AND due_on >= {from:DateTime64(6, 'UTC')} AND due_on < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

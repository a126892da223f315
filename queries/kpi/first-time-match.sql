-- title: First-time match rate
-- unit: ratio
-- better: higher
-- grain: invoice with a purchase order
-- cohort: first match verdict; while there is none, first match started
-- definition: Invoices that were matched and never mismatched nor corrected, divided by invoices with a match verdict. A
--   failed call without a verdict is none. Open: matching started, no verdict, and neither rejected nor cancelled.
-- benchmark: leaders 95 % (Coupa 2018)
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
    if(n = 0, NULL, countIf(judged AND clean) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(judged) AS n,
    countIf(NOT judged AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(activity IN ('invoice.matched', 'invoice.mismatched')) > 0 AS judged,
        countIf(activity IN ('invoice.mismatched', 'corrected')) = 0 AS clean,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled')) > 0 AS dropped,
        if(
            judged,
            minIf(occurred_at, activity IN ('invoice.matched', 'invoice.mismatched')),
            minIf(occurred_at, activity = 'invoice.match_started')
        ) AS cohort_at
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'invoice'
        AND live
    GROUP BY object_id
    HAVING countIf(activity IN ('invoice.matched', 'invoice.mismatched', 'invoice.match_started')) > 0
        AND cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

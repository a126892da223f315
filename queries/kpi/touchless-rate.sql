-- title: Touchless rate
-- unit: ratio
-- better: higher
-- grain: invoice
-- cohort: posted; while not posted, received
-- definition: Posted invoices without an event by a human from receipt to posting, divided by posted invoices. Undefined
--   where no event of any of these invoices says who acted. Open: received and neither posted nor rejected, cancelled or
--   credited.
-- benchmark: best 65.3 %, average 24.2 % (Ardent 2019)
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
    if(n = 0, NULL, countIf(posted AND NOT touched) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(posted AND evaluable) AS n,
    countIf(NOT posted AND NOT dropped) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'invoice.received') AS received_at,
        minIf(occurred_at, activity = 'invoice.posted') AS posted_at,
        countIf(activity = 'invoice.posted') > 0 AS posted,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        if(posted, posted_at, received_at) AS cohort_at,
        arrayExists(at -> at >= received_at AND at <= posted_at, groupArrayIf(occurred_at, actor_kind = 'human')) AS touched,
        max(countIf(actor_kind != '')) OVER () > 0 AS evaluable
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

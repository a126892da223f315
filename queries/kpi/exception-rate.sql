-- title: Business exception rate
-- unit: ratio
-- better: lower
-- grain: invoice
-- cohort: finished (first posted or paid, else last rejected, cancelled or credited); while unfinished, received
-- definition: Finished invoices with at least one business exception, divided by finished invoices. An exception is one that
--   a source raises by id; of a source that names none, a business verdict is one, policy violations apart. Technical
--   failures and what they cause never count. Open: received and not finished.
-- benchmark: best 10.1 %, average 22.6 % (Ardent 2019)
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
    if(n = 0, NULL, countIf(finished AND excepted) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(finished) AS n,
    countIf(NOT finished) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(activity IN ('invoice.posted', 'payment.transmitted', 'payment.cleared')) > 0 AS processed,
        countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
        processed OR dropped AS finished,
        multiIf(
            processed, minIf(occurred_at, activity IN ('invoice.posted', 'payment.transmitted', 'payment.cleared')),
            dropped, maxIf(occurred_at, activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')),
            minIf(occurred_at, activity = 'invoice.received')
        ) AS cohort_at,
        countIf(class = 'technical' AND exception_state = 'raised' AND exception_caused_by != '') > 0 AS suppressed,
        countIf(class = 'business' AND exception_state = 'raised') > 0 AS raised,
        countIf(
            class = 'business'
            AND exception_id = ''
            AND activity != 'policy.violated'
            AND source NOT IN (
                SELECT source
                FROM sightline.object_events FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND live
                    AND exception_state = 'raised'
                    AND class IN ('business', 'unknown')
            )
        ) > 0 AS judged,
        raised OR (judged AND NOT suppressed) AS excepted
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'invoice'
        AND live
    GROUP BY object_id
    HAVING (finished OR countIf(activity = 'invoice.received') > 0)
        AND cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

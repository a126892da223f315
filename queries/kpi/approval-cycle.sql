-- title: Approval cycle
-- unit: s
-- better: lower
-- grain: approval
-- cohort: decided; while undecided, requested
-- definition: First decision minus first request of an approval, elapsed time. Approvals that run backwards are left out.
--   Open: requested and not decided.
-- benchmark: invoice approval: leaders 22.1 h (Coupa 2018)
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
    if(n = 0, NULL, quantileExactInclusiveIf(0.5)(cycle_us, decided AND cycle_us >= 0) / 1e6) AS value,
    if(n = 0, NULL, quantileExactInclusiveIf(0.9)(cycle_us, decided AND cycle_us >= 0) / 1e6) AS p90,
    countIf(decided AND cycle_us >= 0) AS n,
    countIf(NOT decided) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        minIf(occurred_at, activity = 'approval.requested') AS requested_at,
        minIf(occurred_at, activity = 'approval.decided') AS decided_at,
        countIf(activity = 'approval.decided') > 0 AS decided,
        if(decided, decided_at, requested_at) AS cohort_at,
        toUnixTimestamp64Micro(decided_at) - toUnixTimestamp64Micro(requested_at) AS cycle_us
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'approval'
        AND live
    GROUP BY object_id
    HAVING countIf(activity = 'approval.requested') > 0
        AND cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

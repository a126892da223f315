-- title: Failed attempts
-- unit: ratio
-- better: lower
-- grain: attempt of an operation
-- cohort: attempt
-- definition: Attempts that failed technically, divided by attempts with a result; an attempt is an operation id with its
--   attempt number, and failed attempts that a retry heals count. Open: attempted, no result yet.
-- benchmark: none
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
    if(n = 0, NULL, countIf(judged AND failed) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(judged) AS n,
    countIf(NOT judged) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(class = 'technical') > 0 AS failed,
        countIf(
            class != 'none'
            OR (activity NOT IN ('operation.attempted', 'operation.abandoned') AND lifecycle NOT IN ('scheduled', 'started'))
        ) > 0 AS judged,
        min(occurred_at) AS cohort_at
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND operation_id != ''
        AND live
    GROUP BY operation_id, attempt
    HAVING cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

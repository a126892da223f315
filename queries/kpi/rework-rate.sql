-- title: Rework
-- unit: ratio
-- better: lower
-- grain: requisition, purchase_order, invoice or onboarding
-- cohort: finished (first converted, closed, posted, paid or transactable, else last rejected, withdrawn or cancelled); while
--   unfinished, first event
-- definition: Finished documents that repeat one of their own steps or were changed, rejected or mismatched, divided by
--   finished documents. Own steps are those named after the document; retries of technical operations are none. Open: not
--   finished.
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
    if(n = 0, NULL, countIf(finished AND reworked) / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    countIf(finished) AS n,
    countIf(NOT finished) AS open
FROM (
    SELECT
        maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
        countIf(completes) > 0 AS completed,
        completed OR countIf(drops) > 0 AS finished,
        multiIf(completed, minIf(occurred_at, completes), finished, maxIf(occurred_at, drops), min(occurred_at)) AS cohort_at,
        countIf(own AND is_step) > uniqExactIf(activity, own AND is_step) AS repeated,
        repeated OR countIf(own AND match(activity, '\\.(changed|rejected|mismatched)$')) > 0 AS reworked
    FROM (
        SELECT
            dims,
            object_type,
            object_id,
            occurred_at,
            activity,
            is_step,
            startsWith(activity, if(object_type = 'purchase_order', 'po.', concat(object_type, '.'))) AS own,
            own AND match(activity, '\\.(converted|closed|posted|transactable)$')
                OR object_type = 'invoice' AND activity IN ('payment.transmitted', 'payment.cleared') AS completes,
            own AND match(activity, '\\.(rejected|withdrawn|cancelled)$') AS drops
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type IN ('requisition', 'purchase_order', 'invoice', 'onboarding')
            AND live
    )
    GROUP BY object_type, object_id
    HAVING cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}
)
WHERE arrayAll(
    (want, position) -> want = '' OR object_dims[position] = want,
    {filters:Array(String)},
    arrayEnumerate({filters:Array(String)})
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

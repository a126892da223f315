-- title: Supplier onboarding lead time
-- unit: s
-- better: lower
-- grain: onboarding
-- cohort: first requested
-- definition: Request to the first instant at which the supplier is transactable, elapsed time, by Kaplan and Meier: open
--   onboardings count with the time they have waited so far, rejected and withdrawn ones up to their end. Value: by when half
--   are transactable (where exactly half are for a while, the middle of that while); p90: by when nine in ten are; undefined
--   while too few have got there. n: transactable. Open: requested and neither transactable, rejected nor withdrawn.
-- benchmark: none
-- minimum_n: 10
WITH
    arraySort(groupArrayIf((lead_us, survival), done AND survival < 0.5 + 1e-9)) AS halved,
    arraySort(groupArrayIf((lead_us, survival), done AND survival < 0.1 + 1e-9)) AS tenth
SELECT
    bucket,
    `group`,
    if(
        empty(halved),
        NULL,
        if(halved[1].2 > 0.5 - 1e-9 AND length(halved) > 1, (halved[1].1 + halved[2].1) / 2, halved[1].1) / 1e6
    ) AS value,
    if(empty(tenth), NULL, tenth[1].1 / 1e6) AS p90,
    countIf(done) AS n,
    countIf(NOT done AND NOT dropped) AS open
FROM (
    SELECT
        bucket,
        `group`,
        lead_us,
        done,
        dropped,
        exp(sum(if(done, log(1 - 1 / at_risk), 0)) OVER (PARTITION BY bucket, `group` ORDER BY place)) AS survival
    FROM (
        SELECT
            multiIf(
                {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', requested_at), 6, 'UTC'),
                {bucket:String} = 'day', toDateTime64(dateTrunc('day', requested_at), 6, 'UTC'),
                {bucket:String} = 'week', toDateTime64(dateTrunc('week', requested_at), 6, 'UTC'),
                {bucket:String} = 'month', toDateTime64(dateTrunc('month', requested_at), 6, 'UTC'),
                if(requested_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
            ) AS bucket,
            object_dims[{group_by:UInt8}] AS `group`,
            lead_us,
            done,
            dropped,
            row_number() OVER (PARTITION BY bucket, `group` ORDER BY lead_us, done DESC, object_id) AS place,
            count() OVER (PARTITION BY bucket, `group`) - place + 1 AS at_risk
        FROM (
            SELECT
                object_id,
                maxForEach(if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims)) AS object_dims,
                minIf(occurred_at, activity = 'onboarding.requested') AS requested_at,
                countIf(activity = 'onboarding.transactable') > 0 AS done,
                countIf(activity IN ('onboarding.rejected', 'onboarding.withdrawn')) > 0 AND NOT done AS dropped,
                multiIf(
                    done, minIf(occurred_at, activity = 'onboarding.transactable'),
                    dropped, maxIf(occurred_at, activity IN ('onboarding.rejected', 'onboarding.withdrawn')),
                    now64(6, 'UTC')
                ) AS ended_at,
                toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(requested_at) AS lead_us
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'onboarding'
                AND live
            GROUP BY object_id
            HAVING countIf(activity = 'onboarding.requested') > 0
                AND requested_at >= {from:DateTime64(6, 'UTC')} AND requested_at < {to:DateTime64(6, 'UTC')}
        )
        WHERE arrayAll(
            (want, position) -> want = '' OR object_dims[position] = want,
            {filters:Array(String)},
            arrayEnumerate({filters:Array(String)})
        )
    )
)
GROUP BY bucket, `group`
ORDER BY bucket, `group`

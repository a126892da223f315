-- Durations of which some are not over, by Kaplan and Meier (1958): open ones count with the time that they have waited so far, those
-- that ended otherwise up to their end. By when half are done – where exactly half are for a while, the middle of that while – and by
-- when nine in ten are.
WITH
    arraySort(groupArrayIf((waited_s, survival), counted AND survival < 0.5 + 1e-9)) AS halved,
    arraySort(groupArrayIf((waited_s, survival), counted AND survival < 0.1 + 1e-9)) AS tenth
SELECT
    earlier,
    bucket,
    `group`,
    if(
        empty(halved),
        NULL,
        if(halved[1].2 > 0.5 - 1e-9 AND length(halved) > 1, (halved[1].1 + halved[2].1) / 2, halved[1].1)
    ) AS middle_value,
    if(empty(tenth), NULL, tenth[1].1) AS p90,
    countIf(counted) AS n,
    countIf(open) AS unfinished
FROM (
    SELECT
        *,
        exp(sum(if(counted, log(1 - 1 / at_risk), 0)) OVER (PARTITION BY earlier, bucket, `group` ORDER BY place)) AS survival
    FROM (
        SELECT
            *,
            row_number() OVER (PARTITION BY earlier, bucket, `group` ORDER BY waited_s, counted DESC, document_id, subject_id) AS place,
            count() OVER (PARTITION BY earlier, bucket, `group`) - place + 1 AS at_risk
        FROM (
            SELECT
                cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
                -- include shared/kpi-bucket,
                if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
                document_id,
                subject_id,
                counted,
                open,
                if(
                    open,
                    (toUnixTimestamp64Micro({now:DateTime64(6, 'UTC')}) - toUnixTimestamp64Micro(cohort_at)) / 1e6,
                    value
                ) AS waited_s
            FROM (
                -- include {facts}
            )
            WHERE
                -- include shared/kpi-scope
        )
    )
)
GROUP BY earlier, bucket, `group`
ORDER BY earlier, bucket, `group`

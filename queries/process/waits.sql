-- Waits before activity instances, microseconds: from the end of the one before on the same object (its instant, where no end of it is known)
-- to the start; over all and by what is waited for. An instance that starts before the one before it has ended overlaps: it did not wait.
WITH traces AS (
    -- include shared/traces
)
SELECT
    waited_for,
    grouping(waited_for) AS is_group,
    countIf(gap_us >= 0) AS n,
    countIf(gap_us < 0) AS overlaps,
    quantilesExactInclusiveIf(0, 0.5, 0.9, 0.95, 1)(gap_us, gap_us >= 0) AS quantiles_us,
    avgIf(gap_us, gap_us >= 0) AS mean_us
FROM (
    SELECT
        name AS waited_for,
        toUnixTimestamp64Micro(since) - toUnixTimestamp64Micro(greatest(before, before_ended)) AS gap_us
    FROM (
        SELECT
            at,
            ended,
            arrayFilter(
                (one, keep) -> keep,
                multiIf(
                    {by:String} = 'step', CAST(workflow_steps, 'Array(String)'),
                    {by:String} = 'actor', actors,
                    {by:String} = 'system', CAST(systems, 'Array(String)'),
                    []
                ),
                kept
            ) AS others,
            if({by:String} = 'activity', CAST(steps, 'Array(String)'), others) AS groups
        FROM traces
    )
    ARRAY JOIN
        arrayPopFront(groups) AS name,
        arrayPopFront(at) AS since,
        arrayPopBack(at) AS before,
        arrayPopBack(ended) AS before_ended
)
GROUP BY
    GROUPING SETS ((waited_for), ())
ORDER BY
    is_group,
    n DESC,
    waited_for
LIMIT 501

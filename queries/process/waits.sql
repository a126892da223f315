-- Waits before activity instances, microseconds: from the end of the one before on the same object (its instant, where no end of it is known)
-- to the start; over all and by what is waited for. An instance that starts before the one before it has ended overlaps: it did not wait.
WITH
    ends AS (
        SELECT
            object_id,
            assumeNotNull(completes_id) AS started_id,
            max(occurred_at) AS ended_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = {type:String}
            AND live
            AND completes_id IS NOT NULL
        GROUP BY
            object_id,
            started_id
    ),
    traces AS (
        SELECT
            object_id,
            arraySort(groupArray((
                steps.occurred_at,
                steps.seq,
                steps.place_id,
                greatest(steps.occurred_at, ends.ended_at),
                steps.waited_for
            ))) AS instances
        FROM (
            SELECT
                object_id,
                event_id,
                occurred_at,
                seq,
                place_id,
                multiIf(
                    {by:String} = 'step', toString(step),
                    {by:String} = 'actor', actor_id,
                    {by:String} = 'system', toString(system),
                    {names:String} = 'source', toString(source_activity),
                    toString(activity)
                ) AS waited_for
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND object_type = {type:String}
                AND live
                AND is_step
                AND NOT arrayExists(prefix -> startsWith(activity, prefix), {without:Array(String)})
        ) AS steps
        LEFT JOIN ends ON ends.object_id = steps.object_id AND ends.started_id = steps.event_id
        GROUP BY object_id
        HAVING instances[1].1 >= {from:DateTime64(6, 'UTC')} AND instances[1].1 < {to:DateTime64(6, 'UTC')}
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
        pair.2.5 AS waited_for,
        toUnixTimestamp64Micro(pair.2.1) - toUnixTimestamp64Micro(pair.1.4) AS gap_us
    FROM traces
    ARRAY JOIN arrayZip(arrayPopBack(instances), arrayPopFront(instances)) AS pair
)
GROUP BY
    GROUPING SETS ((waited_for), ())
ORDER BY
    is_group,
    n DESC,
    waited_for
LIMIT 501

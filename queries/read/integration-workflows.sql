-- Workflows by their runs; runs are told in integration-runs.sql. `starts` are the minutes since 1970 in which runs of any state started, the
-- latest {minutes} of them.
WITH
    -- include shared/workflow-runs
SELECT
    system,
    workflow,
    countIf(asked) AS runs,
    countIf(asked AND status = 'completed') AS completed,
    countIf(asked AND status = 'failed') AS failed,
    countIf(asked AND status = 'failed' AND verdict.2 = 'timeout') AS timeouts,
    countIf(asked AND status = 'failed' AND verdict.1 = 'technical' AND verdict.2 != 'timeout') AS errors,
    countIf(asked AND status = 'cancelled') AS cancelled,
    countIf(asked AND status = 'waiting') AS waiting,
    countIf(asked AND status IN ('running', 'waiting')) AS open,
    quantilesExactIf(0.5, 0.95)(
        (toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1000,
        asked AND status IN ('completed', 'failed', 'cancelled')
    ) AS quantiles_ms,
    maxIf(started_at, asked) AS last_at,
    arraySlice(arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp64Second(started_at), 60)))), -toInt64({minutes:UInt32})) AS starts
FROM (
    SELECT *, {status:String} = '' OR status = {status:String} AS asked
    FROM started
)
GROUP BY
    system,
    workflow
HAVING runs > 0
ORDER BY failed DESC, runs DESC, system, workflow
LIMIT 200

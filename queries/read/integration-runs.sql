-- Workflows by their runs. `starts` are the minutes since 1970 in which runs of any state started, the latest {minutes} of them. `latest` are
-- the workflow's among the {limit} runs behind the cursor, the latest started first; of workflows with none of them the first 200 are told.
WITH
    started AS (
        -- include shared/workflow-runs
    )
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
    countIf(asked AND ended IS NULL) AS open,
    quantilesExactIf(0.5, 0.95)(lasted_ms, asked AND ended IS NOT NULL) AS quantiles_ms,
    maxIf(started_at, asked) AS last_at,
    arraySlice(arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp64Second(started_at), 60)))), -toInt64({minutes:UInt32})) AS starts,
    CAST(
        groupArrayIf(
            (
                place,
                run,
                system,
                workflow,
                status,
                started_at,
                started_us,
                ended,
                lasted_ms,
                nodes,
                failed_nodes,
                verdict,
                trace_id,
                documents
            ),
            is_behind AND place <= {limit:UInt32}
        ),
        'Array(Tuple(place UInt64, run String, system String, workflow String, status String, started_at DateTime64(6, ''UTC''), started_us Int64, ended Nullable(DateTime64(6, ''UTC'')), lasted_ms Nullable(Float64), nodes UInt64, failed_nodes UInt64, verdict Tuple(String, String, String, String), trace_id String, documents Array(Tuple(String, String))))'
    ) AS latest
FROM (
    SELECT
        *,
        toUnixTimestamp64Micro(started_at) AS started_us,
        {status:String} = '' OR status = {status:String} AS asked,
        asked AND (started_us, run) < ({after_us:Int64}, {after_run:String}) AS is_behind,
        row_number() OVER (ORDER BY is_behind DESC, started_us DESC, run DESC) AS place
    FROM started
)
GROUP BY
    system,
    workflow
HAVING runs > 0
ORDER BY notEmpty(latest) DESC, failed DESC, runs DESC, system, workflow
LIMIT {limit:UInt32} + 200

-- Workflows by their runs; runs are told in integration-runs.sql.
WITH
    -- include shared/workflow-runs
SELECT
    system,
    workflow,
    count() AS runs,
    countIf(status = 'completed') AS completed,
    countIf(status = 'failed') AS failed,
    countIf(status IN ('running', 'waiting')) AS open,
    quantilesExactIf(0.5, 0.95)(
        (toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1000,
        status IN ('completed', 'failed', 'cancelled')
    ) AS quantiles_ms,
    max(started_at) AS last_at
FROM started
GROUP BY
    system,
    workflow
ORDER BY failed DESC, runs DESC, system, workflow
LIMIT 200

-- Runs of workflows, the latest started first: from events about them and from the calls of their nodes, joined by system:id.
WITH
    -- include shared/workflow-runs
SELECT
    run,
    system,
    workflow,
    status,
    started_at,
    toUnixTimestamp64Micro(started_at) AS started_us,
    if(status IN ('completed', 'failed', 'cancelled'), ended_at, NULL) AS ended,
    (toUnixTimestamp64Micro(ended) - started_us) / 1000 AS lasted_ms,
    nodes,
    failed_nodes,
    verdict,
    trace_id,
    documents
FROM started
WHERE (started_us, run) < ({after_us:Int64}, {after_run:String})
    AND ({status:String} = '' OR status = {status:String})
ORDER BY started_us DESC, run DESC
LIMIT {limit:UInt32}

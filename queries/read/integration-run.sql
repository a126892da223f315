-- One run of a workflow.
SELECT
    run,
    system,
    workflow,
    status,
    started_at,
    ended,
    lasted_ms,
    nodes,
    failed_nodes,
    verdict,
    trace_id,
    documents
FROM (
    -- include shared/workflow-runs
)

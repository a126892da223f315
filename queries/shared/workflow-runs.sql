-- Runs of workflows that started in the window: from events about runs and from the calls of their nodes, joined by system:id.
SELECT
    run,
    argMaxIf(of_system, stamp, of_system != '') AS system,
    argMaxIf(of_workflow, stamp, of_workflow != '') AS workflow,
    multiIf(
        countIf(of_status = 'failed') > 0 AND countIf(of_status = 'completed' AND from_events) = 0, 'failed',
        countIf(of_status = 'completed') > 0, 'completed',
        countIf(of_status = 'cancelled') > 0, 'cancelled',
        countIf(of_status = 'waiting') > 0, 'waiting',
        'running'
    ) AS status,
    min(first_at) AS started_at,
    if(
        status IN ('completed', 'failed', 'cancelled'),
        maxIf(last_at, of_status IN ('completed', 'failed', 'cancelled')),
        NULL
    ) AS ended,
    (toUnixTimestamp64Micro(ended) - toUnixTimestamp64Micro(started_at)) / 1000 AS lasted_ms,
    max(of_nodes) AS nodes,
    max(of_failed) AS failed_nodes,
    argMaxIf(of_verdict, stamp, tupleElement(of_verdict, 1) != 'none') AS verdict,
    maxIf(of_trace, of_trace != '') AS trace_id,
    groupUniqArrayArray(20)(of_documents) AS documents
FROM (
    SELECT
        multiIf(position(object_id, ':') > 0, object_id, system = '', object_id, concat(system, ':', object_id)) AS run,
        true AS from_events,
        any(system) AS of_system,
        argMinIf(step, place, step != '' AND activity NOT IN ('workflow_run.step_started', 'workflow_run.step_completed')) AS of_workflow,
        multiIf(
            last_activity = 'workflow_run.completed', 'completed',
            last_activity = 'workflow_run.failed', 'failed',
            last_activity = 'workflow_run.cancelled', 'cancelled',
            last_activity = 'workflow_run.waiting', 'waiting',
            'running'
        ) AS of_status,
        argMaxIf(activity, place, startsWith(activity, 'workflow_run.')) AS last_activity,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at,
        last_at AS stamp,
        uniqExactIf(step, activity = 'workflow_run.step_completed') AS of_nodes,
        toUInt64(0) AS of_failed,
        argMaxIf(
            tuple(CAST(class, 'String'), CAST(category, 'String'), CAST(code, 'String'), ''),
            place,
            class != 'none' AND startsWith(activity, 'workflow_run.')
        ) AS of_verdict,
        '' AS of_trace,
        CAST([], 'Array(Tuple(String, String))') AS of_documents
    FROM (
        SELECT *, (occurred_at, seq, place_id) AS place
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'workflow_run'
            AND live
            AND occurred_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
            AND occurred_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY
    )
    GROUP BY run
    UNION ALL
    SELECT
        workflow_run AS run,
        false AS from_events,
        argMin(integration_calls.system, integration_calls.started_at) AS of_system,
        any(integration_calls.workflow) AS of_workflow,
        multiIf(
            countIf(kind = 'workflow') = 0, 'running',
            argMaxIf(integration_calls.status, started_at, kind = 'workflow') = 'ok', 'completed',
            argMaxIf(integration_calls.status, started_at, kind = 'workflow') = 'cancelled', 'cancelled',
            'failed'
        ) AS of_status,
        '' AS last_activity,
        min(integration_calls.started_at) AS first_at,
        max(
            fromUnixTimestamp64Micro(
                toInt64(toUnixTimestamp64Micro(integration_calls.started_at) + round(duration_ms * 1000)), 'UTC'
            )
        ) AS last_at,
        last_at AS stamp,
        uniqExactIf(integration_calls.trace_id, span_id, kind = 'node') AS of_nodes,
        uniqExactIf(integration_calls.trace_id, span_id, kind = 'node' AND class = 'technical') AS of_failed,
        argMaxIf(
            tuple(
                CAST(class, 'String'),
                CAST(category, 'String'),
                if(status_code > 0, toString(status_code), CAST(error_type, 'String')),
                message
            ),
            (kind = 'workflow', started_at),
            class != 'none'
        ) AS of_verdict,
        any(integration_calls.trace_id) AS of_trace,
        groupUniqArrayArray(20)(
            arrayMap((type, id) -> (CAST(type, 'String'), id), object_types, object_ids)
        ) AS of_documents
    FROM sightline.integration_calls FINAL
    PREWHERE tenant_id = {tenant_id:String}
        AND _partition_id >= toString(toYYYYMM({from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR))
        AND _partition_id <= toString(toYYYYMM({to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY))
        AND toStartOfHour(started_at) >= toStartOfHour(greatest({from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR, toDateTime64('1970-01-02 00:00:00', 6, 'UTC')))
        AND toStartOfHour(started_at) <= toStartOfHour(least({to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY, toDateTime64('2106-01-01 00:00:00', 6, 'UTC')))
    WHERE tenant_id = {tenant_id:String}
        AND workflow_run != ''
        AND kind IN ('workflow', 'node')
        AND started_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
        AND started_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY
    GROUP BY run
)
GROUP BY run
HAVING started_at >= {from:DateTime64(6, 'UTC')}
    AND started_at < {to:DateTime64(6, 'UTC')}
    AND ({run:String} = '' OR run = {run:String})
    AND ({workflow:String} = '' OR workflow = {workflow:String})

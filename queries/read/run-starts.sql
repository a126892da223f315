-- Starts of workflows before a window as minutes since 1970, ascending, the latest {minutes} of each: what their pace is learned from. From the
-- traces of runs and from spans of whole runs, joined by system:id as in shared/workflow-runs.sql.
SELECT
    system,
    workflow,
    max(started_at) AS last_at,
    arraySlice(arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp64Second(started_at), 60)))), -toInt64({minutes:UInt32})) AS starts
FROM (
    SELECT
        run,
        argMaxIf(of_system, stamp, of_system != '') AS system,
        argMaxIf(of_workflow, stamp, of_workflow != '') AS workflow,
        min(first_at) AS started_at
    FROM (
        SELECT
            multiIf(position(object_id, ':') > 0, object_id, of_system = '', object_id, concat(of_system, ':', object_id)) AS run,
            arrayFirst(name -> name != '', CAST(systems, 'Array(String)')) AS of_system,
            arrayFirst(
                (name, activity) -> name != '' AND activity NOT IN ('workflow_run.step_started', 'workflow_run.step_completed'),
                CAST(workflow_steps, 'Array(String)'),
                CAST(activities, 'Array(String)')
            ) AS of_workflow,
            started_at AS first_at,
            instants[-1] AS stamp
        FROM sightline.process_traces FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'workflow_run'
            AND started_day >= toDate32({from:DateTime64(6, 'UTC')})
            AND started_day <= toDate32({to:DateTime64(6, 'UTC')})
            AND started_at >= {from:DateTime64(6, 'UTC')}
            AND started_at < {to:DateTime64(6, 'UTC')}
        UNION ALL
        SELECT
            workflow_run AS run,
            CAST(system, 'String') AS of_system,
            CAST(workflow, 'String') AS of_workflow,
            started_at AS first_at,
            fromUnixTimestamp64Micro(toInt64(toUnixTimestamp64Micro(started_at) + round(duration_ms * 1000)), 'UTC') AS stamp
        FROM sightline.integration_calls
        WHERE tenant_id = {tenant_id:String}
            AND started_at >= {from:DateTime64(6, 'UTC')}
            AND started_at < {to:DateTime64(6, 'UTC')}
            AND kind = 'workflow'
            AND workflow_run != ''
    )
    GROUP BY run
)
WHERE workflow != ''
    AND ({workflow:String} = '' OR workflow = {workflow:String})
GROUP BY
    system,
    workflow
ORDER BY last_at DESC, system, workflow
LIMIT 500

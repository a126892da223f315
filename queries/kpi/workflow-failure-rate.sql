-- title: Failed workflow runs
-- unit: ratio
-- better: lower
-- topic: technology
-- grain: workflow_run
-- documents: workflow_run
-- reads: workflow_run
-- cohort: started
-- calendar: none
-- definition: Runs whose last word is that they failed, divided by runs that completed or failed. A run that a later event
--   reports completed did not fail; cancelled runs are left out. Open: started or waiting.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    min(occurred_at) AS cohort_at,
    argMax(activity, (occurred_at, seq, place_id)) AS last_activity,
    last_activity IN ('workflow_run.completed', 'workflow_run.failed', 'workflow_run.cancelled') AS ended,
    ended AND last_activity != 'workflow_run.cancelled' AS counted,
    NOT ended AS open,
    if(counted OR open, '', 'cancelled') AS reason,
    counted AND last_activity = 'workflow_run.failed' AS value,
    1 AS weight,
    -- include shared/facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'workflow_run'
    AND startsWith(activity, 'workflow_run.')
GROUP BY object_type, object_id

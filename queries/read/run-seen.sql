-- Where in the window a run of a workflow is seen: by the events about it and by the calls of its nodes.
SELECT
    min(seen) AS first,
    max(seen) AS last,
    count() AS times
FROM (
    SELECT occurred_at AS seen
    FROM sightline.object_events
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'workflow_run'
        -- Told with or without the system before it.
        AND object_id IN ({run:String}, splitByChar(':', {run:String})[-1])
        AND occurred_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
        AND occurred_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY
        AND (object_id = {run:String} OR concat(system, ':', object_id) = {run:String})
    UNION ALL
    SELECT started_at AS seen
    FROM sightline.integration_calls
    WHERE tenant_id = {tenant_id:String}
        AND workflow_run = {run:String}
        AND started_at >= {from:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR
        AND started_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY
)

-- Starts of the workflows that a way in told of, as minutes since 1970, over the 28 days before each one's last.
WITH starts AS
(
    SELECT
        JSONExtractString(attributes, 'workflow_id') AS workflow_id,
        JSONExtractString(attributes, 'workflow') AS workflow,
        occurred_at
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND feed = {feed:String}
        AND activity = 'workflow_run.started'
        AND occurred_at >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
),
lasts AS
(
    SELECT workflow_id, max(occurred_at) AS last_at, argMax(workflow, (workflow != '', occurred_at)) AS name
    FROM starts
    WHERE workflow_id != ''
    GROUP BY workflow_id
)
SELECT
    workflow_id AS id,
    any(l.name) AS name,
    toUnixTimestamp64Micro(any(l.last_at)) AS last_us,
    arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp64Second(occurred_at), 60)))) AS minutes
FROM starts
INNER JOIN lasts AS l USING (workflow_id)
WHERE occurred_at >= l.last_at - INTERVAL 28 DAY
GROUP BY workflow_id
ORDER BY workflow_id
LIMIT 500

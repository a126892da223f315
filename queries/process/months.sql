-- Events by month (UTC) of one object type.
WITH traces AS (
    SELECT
        object_id,
        arraySort(groupArray((occurred_at, seq, place_id, toString(if({names:String} = 'source', source_activity, activity))))) AS steps,
        steps[1].1 AS started_at,
        steps[-1].1 AS ended_at
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND live
        AND is_step
        AND NOT arrayExists(prefix -> startsWith(activity, prefix), {without:Array(String)})
    GROUP BY object_id
    HAVING started_at >= {from:DateTime64(6, 'UTC')} AND started_at < {to:DateTime64(6, 'UTC')}
)
SELECT
    formatDateTime(step.1, '%Y-%m', 'UTC') AS month,
    count() AS events
FROM traces
ARRAY JOIN steps AS step
GROUP BY month
ORDER BY month

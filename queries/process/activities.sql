-- How often each activity happens, in how many objects, and how often it is first and last.
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
    activity,
    count() AS count,
    uniqExact(object_id) AS objects,
    countIf(position = 1) AS starts,
    countIf(position = length(steps)) AS ends
FROM traces
ARRAY JOIN
    steps.4 AS activity,
    arrayEnumerate(steps) AS position
GROUP BY activity
ORDER BY count DESC, activity

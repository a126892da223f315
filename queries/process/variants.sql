-- Sequences of activities by frequency.
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
    steps.4 AS activities,
    count() AS count,
    quantileExactInclusive(0.5)(toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1e6 AS median_duration_s,
    min(object_id) AS example,
    sum(count) OVER () AS objects,
    count() OVER () AS total
FROM traces
GROUP BY activities
ORDER BY count DESC, activities
LIMIT {limit:UInt32}

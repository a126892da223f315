-- Directly-follows pairs: consecutive events of an object, with the wait between them in seconds.
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
    pair.1.4 AS `from`,
    pair.2.4 AS `to`,
    count() AS count,
    quantileExactInclusive(0.5)(toUnixTimestamp64Micro(pair.2.1) - toUnixTimestamp64Micro(pair.1.1)) / 1e6 AS median_wait_s,
    quantileExactInclusive(0.9)(toUnixTimestamp64Micro(pair.2.1) - toUnixTimestamp64Micro(pair.1.1)) / 1e6 AS p90_wait_s
FROM traces
ARRAY JOIN arrayZip(arrayPopBack(steps), arrayPopFront(steps)) AS pair
GROUP BY
    `from`,
    `to`
ORDER BY count DESC, `from`, `to`

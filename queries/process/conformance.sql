-- Sequences of the activities of an expected order, by frequency, with some of their cases. A repeated activity that nothing lies between
-- counts once for each time.
WITH traces AS (
    SELECT
        object_id,
        arrayMap(
            step -> step.4,
            arraySort(groupArrayIf((occurred_at, seq, place_id, toString(if({names:String} = 'source', source_activity, activity))), has({order:Array(String)}, if({names:String} = 'source', source_activity, activity))))
        ) AS steps,
        min(occurred_at) AS started_at,
        countIf(has({dropped:Array(String)}, activity)) > 0 AS is_dropped
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND live
        AND is_step
    GROUP BY object_id
    HAVING started_at >= {from:DateTime64(6, 'UTC')} AND started_at < {to:DateTime64(6, 'UTC')}
)
SELECT
    steps AS activities,
    count() AS n,
    arraySlice(arraySort(groupArray(5)(object_id)), 1, 5) AS cases,
    sum(n) OVER () AS objects,
    count() OVER () AS sequences,
    any(dropped_cases) AS dropped
FROM traces
CROSS JOIN (SELECT countIf(is_dropped) AS dropped_cases FROM traces) AS counted
WHERE NOT is_dropped
GROUP BY activities
ORDER BY n DESC, activities
LIMIT 2000

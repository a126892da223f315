-- Objects by duration, in steps that people think in.
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
    bounds[position] AS from_s,
    if(position = length(bounds), 0, bounds[position + 1]) AS to_s,
    countIf(arrayLastIndex(bound -> bound <= duration_s, bounds) = position) AS objects
FROM (
    SELECT
        (toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) / 1e6 AS duration_s,
        [0, 3600, 14400, 28800, 86400, 172800, 345600, 604800, 1209600, 2419200, 4838400, 7862400, 15724800] AS bounds
    FROM traces
)
ARRAY JOIN arrayEnumerate(bounds) AS position
GROUP BY
    from_s,
    to_s
ORDER BY from_s

-- Figures of one object type; durations in seconds, quantiles by R-7.
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
    sum(length(steps)) AS events,
    count() AS objects,
    length(groupUniqArrayArray(steps.4)) AS activities,
    uniqExact(steps.4) AS variants,
    length(groupUniqArrayArray(arrayZip(arrayPopBack(steps.4), arrayPopFront(steps.4)))) AS directly_follows_pairs,
    if(count() = 0, NULL, min(started_at)) AS first_at,
    if(count() = 0, NULL, max(ended_at)) AS last_at,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) AS quantiles_us,
    avg(toUnixTimestamp64Micro(ended_at) - toUnixTimestamp64Micro(started_at)) AS mean_us,
    min(length(steps)) AS events_min,
    quantileExactInclusive(0.5)(length(steps)) AS events_median,
    max(length(steps)) AS events_max,
    countIf(length(arrayDistinct(steps.4)) < length(steps)) AS rework_objects
FROM traces

-- Start to end of each activity instance that has both, seconds.
SELECT
    toString(if({names:String} = 'source', started.source_activity, started.activity)) AS activity,
    count() AS n,
    quantilesExactInclusive(0, 0.5, 0.9, 0.95, 1)(
        toUnixTimestamp64Micro(completed.occurred_at) - toUnixTimestamp64Micro(started.occurred_at)
    ) AS quantiles_us,
    avg(toUnixTimestamp64Micro(completed.occurred_at) - toUnixTimestamp64Micro(started.occurred_at)) AS mean_us
FROM (
    SELECT object_id, event_id, occurred_at, activity, source_activity
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND live
        AND is_step
        AND NOT arrayExists(prefix -> startsWith(activity, prefix), {without:Array(String)})
        AND occurred_at >= {from:DateTime64(6, 'UTC')} AND occurred_at < {to:DateTime64(6, 'UTC')}
) AS started
INNER JOIN (
    SELECT object_id, assumeNotNull(completes_id) AS started_id, occurred_at
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND live
        AND completes_id IS NOT NULL
) AS completed
    ON completed.object_id = started.object_id AND completed.started_id = started.event_id
GROUP BY activity
ORDER BY n DESC, activity

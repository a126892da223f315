-- When the effect of failed operations was there after all: the operation succeeded, its step was done another way, or – where it was given
-- up – the document went on.
SELECT
    asked.3 AS operation,
    toUnixTimestamp64Micro(minIf(occurred_at, is_success)) AS succeeded_us,
    toUnixTimestamp64Micro(minIf(occurred_at, is_other_way)) AS other_way_us
FROM (
    SELECT
        asked,
        occurred_at,
        operation_id = asked.3
            AND occurred_at > fromUnixTimestamp64Micro(asked.5, 'UTC')
            AND class IN ('none', 'business')
            AND activity NOT IN ('operation.attempted', 'operation.abandoned')
            AND lifecycle NOT IN ('scheduled', 'started') AS is_success,
        class = 'none'
            AND operation_id = ''
            AND exception_id = ''
            AND policy_id = ''
            AND (
                (step = asked.4 AND occurred_at > fromUnixTimestamp64Micro(asked.5, 'UTC'))
                OR (asked.6 > 0 AND occurred_at > fromUnixTimestamp64Micro(asked.6, 'UTC'))
            ) AS is_other_way
    FROM (
        SELECT *
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND (object_type, object_id) IN arrayZip({types:Array(String)}, {ids:Array(String)})
    ) AS timeline
    INNER JOIN (
        SELECT
            arrayJoin(arrayZip(
                {types:Array(String)},
                {ids:Array(String)},
                {operations:Array(String)},
                {classes:Array(String)},
                {afters:Array(Int64)},
                {given_up:Array(Int64)}
            )) AS asked,
            asked.1 AS object_type,
            asked.2 AS object_id
    ) AS wanted USING (object_type, object_id)
)
WHERE is_success OR is_other_way
GROUP BY operation

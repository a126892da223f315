-- The first success of classes of operation on a system, each after an instant.
SELECT
    asked.1 AS operation_class,
    asked.2 AS after_us,
    toUnixTimestamp64Micro(min(attempted_at)) AS recovered_us
FROM (
    SELECT
        operation_class AS done,
        attempted_at
    FROM sightline.operation_attempts FINAL
    WHERE tenant_id = {tenant_id:String}
        AND system = {system:String}
        AND attempted_day >= toDate(fromUnixTimestamp64Micro({from:Int64}, 'UTC'))
        AND kind IN ('attempt', 'call')
        AND (outcome = 'ok' OR class = 'business')
        AND operation_class IN {classes:Array(String)}
)
ARRAY JOIN arrayZip({classes:Array(String)}, {afters:Array(Int64)}) AS asked
WHERE done = asked.1 AND attempted_at > fromUnixTimestamp64Micro(asked.2, 'UTC')
GROUP BY asked

-- Attempts on a system by bucket: how many failed, and how many did not.
SELECT
    toDateTime64(toStartOfInterval(attempted_at, toIntervalSecond({bucket_s:UInt32}), toDateTime64('1970-01-01 00:00:00', 6, 'UTC')), 6, 'UTC') AS bucket,
    uniqExactIf(attempt_id, outcome = 'failed' AND class != 'business') AS failed,
    uniqExactIf(attempt_id, outcome = 'ok' OR class = 'business') AS ok
FROM sightline.operation_attempts FINAL
WHERE tenant_id = {tenant_id:String}
    AND system = {system:String}
    AND attempted_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND attempted_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND attempted_at >= {from:DateTime64(6, 'UTC')}
    AND attempted_at < {to:DateTime64(6, 'UTC')}
    AND kind IN ('attempt', 'call')
GROUP BY bucket
ORDER BY bucket

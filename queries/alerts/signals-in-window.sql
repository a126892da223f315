-- Clocks, violations, incidents and blocked documents as they are known up to a version, of those that were there in a window.
SELECT
    -- include shared/signal-columns
FROM (
    SELECT *
    FROM sightline.alert_signals
    WHERE tenant_id = {tenant_id:String}
        AND version <= {upto:UInt64}
        AND (kind IN ('incident', 'block') OR kind = {kind:String} AND (empty({names:Array(String)}) OR name IN {names:Array(String)}))
    ORDER BY
        kind,
        key,
        version DESC
    LIMIT 1 BY kind, key
)
WHERE NOT absent
    AND begun_at < {to:DateTime64(6, 'UTC')}
    AND if(kind = 'violation', begun_at, ifNull(ended_at, {to:DateTime64(6, 'UTC')})) >= {still_at:DateTime64(6, 'UTC')}
ORDER BY
    kind,
    key
LIMIT {limit:UInt32}

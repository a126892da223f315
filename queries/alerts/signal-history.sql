-- Every state of clocks, violations, incidents and blocked documents that became known after one version up to another, in that order.
SELECT
    -- include shared/signal-columns
FROM sightline.alert_signals
WHERE tenant_id = {tenant_id:String}
    AND version > {after:UInt64}
    AND version <= {upto:UInt64}
    AND (kind IN ('incident', 'block') OR kind = {kind:String} AND (empty({names:Array(String)}) OR name IN {names:Array(String)}))
ORDER BY
    version,
    kind,
    key
LIMIT 1 BY version, kind, key

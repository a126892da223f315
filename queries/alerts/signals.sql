-- What became known of clocks, violations, incidents and blocked documents after one version up to another: the newest state of each. What was
-- over before `still_at` is left out.
SELECT
    -- include shared/signal-columns
FROM (
    SELECT *
    FROM sightline.alert_signals
    WHERE tenant_id = {tenant_id:String}
        AND version > {after:UInt64}
        AND version <= {upto:UInt64}
        AND (NOT {only:Bool} OR key IN {keys:Array(String)})
    ORDER BY
        kind,
        key,
        version DESC
    LIMIT 1 BY kind, key
)
WHERE absent
    OR if(kind = 'violation', begun_at, ifNull(ended_at, {still_at:DateTime64(6, 'UTC')})) >= {still_at:DateTime64(6, 'UTC')}
ORDER BY
    kind,
    key
LIMIT {limit:UInt32}

-- Versions at which something became known in a stretch of versions, the latest of each minute.
SELECT max(version) AS known
FROM sightline.alert_signals
WHERE tenant_id = {tenant_id:String}
    AND version > {after:UInt64}
    AND version <= {upto:UInt64}
GROUP BY intDiv(version, 60000000)
ORDER BY known

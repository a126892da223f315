-- How a policy was decided, by unit, system or version.
SELECT
    multiIf({by:String} = 'entity', toString(entity), {by:String} = 'system', toString(system), toString(policy_version)) AS unit,
    count() AS n,
    countIf(decision = 'violated') AS hits
FROM sightline.policy_decisions FINAL
WHERE tenant_id = {tenant_id:String}
    AND live
    AND policy_id = {policy:String}
    AND decision != 'not_evaluated'
    AND occurred_at >= {from:DateTime64(6, 'UTC')}
    AND occurred_at < {to:DateTime64(6, 'UTC')}
GROUP BY unit
ORDER BY unit

-- Policies that a control's violations name, or that guard its states, the most frequent first.
SELECT
    policy,
    sum(n) AS n
FROM (
    SELECT
        toString(policy_id) AS policy,
        count() AS n
    FROM sightline.violations FINAL
    WHERE tenant_id = {tenant_id:String} AND control = {control:String} AND policy_id != '' AND NOT retracted
    GROUP BY policy
    UNION ALL
    SELECT DISTINCT
        key AS policy,
        0 AS n
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kind = 'policies'
        AND JSONExtractString(body, 'category') = {category:String}
        AND hasAny(JSONExtract(body, 'states', 'Array(String)'), {guards:Array(String)})
)
GROUP BY policy
ORDER BY n DESC, policy

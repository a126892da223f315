-- Dead letters by feed, reason and state.
SELECT
    feed,
    code,
    state,
    count() AS letters,
    min(received_at) AS first_at,
    max(received_at) AS last_at,
    any(reason) AS example
FROM sightline.dead_letters FINAL
WHERE tenant_id = {tenant_id:String}
GROUP BY
    feed,
    code,
    state
ORDER BY letters DESC
LIMIT 1000

-- Dead letters that were open at an instant, by feed and reason; `version` of a letter is when its state last changed.
SELECT
    feed,
    code,
    count() AS letters
FROM sightline.dead_letters FINAL
WHERE tenant_id = {tenant_id:String}
    AND received_at <= {at:DateTime64(6, 'UTC')}
    AND (state = 'open' OR version > toUnixTimestamp64Micro({at:DateTime64(6, 'UTC')}))
GROUP BY
    feed,
    code
ORDER BY letters DESC
LIMIT 1000

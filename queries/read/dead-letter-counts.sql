-- Dead letters that a filter finds, by feed, reason and state.
SELECT
    feed,
    code,
    state,
    count() AS letters
FROM sightline.dead_letters FINAL
-- include shared/dead-letter-filter
GROUP BY
    feed,
    code,
    state
ORDER BY letters DESC
LIMIT 1000

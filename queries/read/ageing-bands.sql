-- Open work by kind, age and what it waits on.
SELECT
    type,
    waits,
    band,
    count() AS n,
    min(since) AS oldest_at,
    sumIf(worth, kind = 'document') AS worth_reporting,
    countIf(kind = 'document' AND is_unconverted) AS unconverted
FROM (
    SELECT
        kind,
        type,
        waits,
        since,
        worth,
        is_unconverted,
        roundDown(greatest(0, dateDiff('second', since, {now:DateTime64(6, 'UTC')})), [0, 86400, 259200, 604800, 1209600, 2592000, 7776000]) AS band
    FROM (
        -- include shared/open-work
    )
)
GROUP BY
    type,
    waits,
    band
ORDER BY
    type,
    waits,
    band

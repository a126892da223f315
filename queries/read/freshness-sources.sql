-- Signs of life by CloudEvents source, as minutes since 1970: `arrivals` of what came live, and `happened` for what was loaded as history
-- (a file, or what lay 36 hours back in the first day of the source), each over the 28 days before the last one.
WITH
    spans AS
    (
        -- include shared/source-spans
    ),
    days AS
    (
        SELECT
            source,
            arrayJoin(arrayMap(
                (back, last) -> toDate(last) - back,
                arrayConcat(range(29), range(29)),
                arrayConcat(arrayWithConstant(29, last_live), arrayWithConstant(29, last_occurred))
            ))
        FROM spans
    )
SELECT
    spans.source AS source,
    spans.last_live IS NOT NULL AS has_live,
    toUnixTimestamp64Micro(ifNull(spans.last_live, fromUnixTimestamp64Micro(0))) AS last_live_us,
    toUnixTimestamp64Micro(ifNull(spans.first_live, fromUnixTimestamp64Micro(0))) AS first_live_us,
    toUnixTimestamp64Micro(spans.last_occurred) AS last_occurred_us,
    toUnixTimestamp64Micro(spans.last_received) AS last_received_us,
    signs.arrivals AS arrivals,
    signs.happened AS happened
FROM spans
LEFT JOIN
(
    SELECT
        source,
        arraySort(groupUniqArrayIf(
            toUInt32(intDiv(toUnixTimestamp(minute), 60)),
            NOT is_history AND minute >= toStartOfMinute(last_live - INTERVAL 28 DAY)
        )) AS arrivals,
        arraySort(groupUniqArrayIf(
            toUInt32(intDiv(toUnixTimestamp(minute), 60)),
            is_history AND minute >= toStartOfMinute(last_occurred - INTERVAL 28 DAY)
        )) AS happened
    FROM
    (
        -- include shared/source-signs
    )
    GROUP BY source
) AS signs USING (source)
ORDER BY source
LIMIT 1000

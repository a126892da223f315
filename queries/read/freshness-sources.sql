-- Signs of life by CloudEvents source, as minutes since 1970: `arrivals` of what came live, and `happened` for what was loaded as history
-- (a file, or what lay 36 hours back in the first day of the source), each over the 28 days before the last one.
WITH spans AS
(
    SELECT
        source,
        minIf(received_at, feed != 'import' AND import_id = '') AS first_live,
        maxIf(received_at, feed != 'import' AND import_id = '') AS last_live,
        countIf(feed != 'import' AND import_id = '') AS live,
        max(occurred_at) AS last_occurred,
        max(received_at) AS last_received
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
    GROUP BY source
)
SELECT
    source,
    any(live) > 0 AS has_live,
    toUnixTimestamp64Micro(any(last_live)) AS last_live_us,
    toUnixTimestamp64Micro(any(first_live)) AS first_live_us,
    toUnixTimestamp64Micro(any(last_occurred)) AS last_occurred_us,
    toUnixTimestamp64Micro(any(last_received)) AS last_received_us,
    arraySort(groupUniqArrayIf(
        toUInt32(intDiv(toUnixTimestamp64Second(received_at), 60)),
        NOT is_history AND received_at >= last_live - INTERVAL 28 DAY
    )) AS arrivals,
    arraySort(groupUniqArrayIf(
        toUInt32(intDiv(toUnixTimestamp64Second(occurred_at), 60)),
        is_history AND occurred_at >= last_occurred - INTERVAL 28 DAY AND occurred_at >= toDateTime64('1970-01-01 00:00:00', 6, 'UTC')
    )) AS happened
FROM
(
    -- include shared/source-signs
)
GROUP BY source
ORDER BY source
LIMIT 1000

-- The last signs of life of those who gave one since an instant: of CloudEvents sources by what came live, of ways in by batches.
SELECT *
FROM
(
    SELECT
        'source' AS of,
        source AS id,
        toUnixTimestamp64Micro(assumeNotNull(last_live)) AS last_live_us,
        toUnixTimestamp64Micro(last_occurred) AS last_occurred_us
    FROM
    (
        -- include shared/source-spans
    )
    WHERE last_live >= fromUnixTimestamp64Micro({since_us:Int64}, 'UTC')
    UNION ALL
    SELECT
        'feed' AS of,
        feed AS id,
        toUnixTimestamp(max(minute)) * 1000000 AS last_live_us,
        toInt64(0) AS last_occurred_us
    FROM sightline.ingest_batches
    WHERE tenant_id = {tenant_id:String}
        AND minute >= toStartOfMinute(fromUnixTimestamp64Micro({since_us:Int64}, 'UTC'))
        AND feed != 'import'
        AND received > 0
    GROUP BY feed
)
ORDER BY of, id
LIMIT 2000

-- Signs of life by way in, as minutes since 1970 over the 28 days before the last one. Whatever came counts, what was refused too: it
-- says that the way is open.
WITH spans AS
(
    SELECT feed, max(minute) AS last
    FROM sightline.ingest_batches
    WHERE tenant_id = {tenant_id:String} AND feed != 'import' AND received > 0
    GROUP BY feed
)
SELECT
    feed,
    toUnixTimestamp(any(s.last)) * 1000000 AS last_live_us,
    arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp(minute), 60)))) AS arrivals
FROM sightline.ingest_batches
INNER JOIN spans AS s USING (feed)
WHERE tenant_id = {tenant_id:String} AND received > 0 AND minute >= s.last - INTERVAL 28 DAY
GROUP BY feed
ORDER BY feed
LIMIT 1000

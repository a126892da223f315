-- The ledger by bucket and feed: received = stored + duplicate + rejected + ignored + in_flight + missing. The door's counts come from the
-- batches, what arrived from the store's own count. A batch without a row of its own was never acknowledged: what arrived of it counts.
WITH
    batches AS (
        SELECT
            feed,
            minute,
            batch_id,
            received,
            inserted,
            known_duplicates,
            rejected,
            ignored,
            late
        FROM sightline.ingest_batches FINAL
        WHERE tenant_id = {tenant_id:String}
            AND minute >= {from:DateTime64(6, 'UTC')}
            AND minute < {to:DateTime64(6, 'UTC')}
            AND ({feed:String} = '' OR feed = {feed:String})
    ),
    arrivals AS (
        SELECT
            feed,
            minute,
            batch_id,
            groupBitmapMerge(ordinals) AS arrived
        FROM sightline.batch_arrivals
        WHERE tenant_id = {tenant_id:String}
            AND minute >= {from:DateTime64(6, 'UTC')}
            AND minute < {to:DateTime64(6, 'UTC')}
            AND ({feed:String} = '' OR feed = {feed:String})
        GROUP BY
            feed,
            minute,
            batch_id
    ),
    minutes AS (
        SELECT
            feed,
            minute,
            toInt64(sum(b_received)) AS door_received,
            toInt64(sum(b_known_duplicates)) AS door_duplicates,
            toInt64(sum(b_rejected)) AS door_rejected,
            toInt64(sum(b_ignored)) AS door_ignored,
            toInt64(sum(b_late)) AS door_late,
            toInt64(sum(b_arrived)) AS store_arrived,
            toInt64(sumIf(b_arrived, b_counted = 0)) AS store_uncounted,
            toInt64(sumIf(b_inserted - b_arrived, b_counted = 1 AND b_inserted > b_arrived)) AS store_missing
        FROM (
            SELECT
                feed,
                minute,
                batch_id,
                sum(received) AS b_received,
                sum(inserted) AS b_inserted,
                sum(known_duplicates) AS b_known_duplicates,
                sum(rejected) AS b_rejected,
                sum(ignored) AS b_ignored,
                sum(late) AS b_late,
                sum(arrived) AS b_arrived,
                max(counted) AS b_counted
            FROM (
                SELECT
                    feed,
                    minute,
                    batch_id,
                    received,
                    inserted,
                    known_duplicates,
                    rejected,
                    ignored,
                    late,
                    0 AS arrived,
                    1 AS counted
                FROM batches
                UNION ALL
                SELECT
                    feed,
                    minute,
                    batch_id,
                    0 AS received,
                    0 AS inserted,
                    0 AS known_duplicates,
                    0 AS rejected,
                    0 AS ignored,
                    0 AS late,
                    arrived,
                    0 AS counted
                FROM arrivals
            )
            GROUP BY
                feed,
                minute,
                batch_id
        )
        GROUP BY
            feed,
            minute
    )
SELECT
    multiIf(
        {bucket:String} = 'minute', minute,
        {bucket:String} = 'hour', toStartOfHour(minute),
        toDateTime(toStartOfDay(minute), 'UTC')
    ) AS bucket,
    feed,
    sum(door_received + store_uncounted) AS received,
    sum(settled_stored) AS stored,
    sum(door_duplicates + settled_arrived - settled_stored) AS duplicate,
    sum(door_rejected) AS rejected,
    sum(door_ignored) AS ignored,
    sum(store_arrived - settled_arrived) AS in_flight,
    sum(door_late) AS late,
    sum(store_missing) AS missing
FROM minutes
LEFT JOIN (
    SELECT
        feed,
        minute,
        toInt64(arrived) AS settled_arrived,
        toInt64(stored) AS settled_stored
    FROM sightline.ingest_ledger FINAL
    WHERE tenant_id = {tenant_id:String}
        AND minute >= {from:DateTime64(6, 'UTC')}
        AND minute < {to:DateTime64(6, 'UTC')}
        AND ({feed:String} = '' OR feed = {feed:String})
) AS settled USING (feed, minute)
GROUP BY
    bucket,
    feed
ORDER BY
    bucket,
    feed
LIMIT 100000

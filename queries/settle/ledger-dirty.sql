-- Minutes in which more rows arrived than the ledger has settled, and which are quiet: the latest, and older ones of which a batch was
-- written lately – a range that was claimed before a long outage is stored after it, with the arrival that it had.
WITH
    old AS (
        SELECT DISTINCT
            tenant_id,
            minute
        FROM sightline.ingest_batches
        WHERE written_at >= {since:DateTime64(6, 'UTC')} AND minute < {since:DateTime64(6, 'UTC')}
    )
SELECT
    tenant_id,
    toString(minute) AS minute
FROM (
    SELECT
        tenant_id,
        feed,
        minute,
        sum(rows) AS arrived
    FROM (
        SELECT
            tenant_id,
            feed,
            minute,
            batch_id,
            groupBitmapMerge(ordinals) AS rows
        FROM sightline.batch_arrivals
        WHERE (minute >= {since:DateTime64(6, 'UTC')} OR (tenant_id, minute) IN (SELECT tenant_id, minute FROM old))
        GROUP BY
            tenant_id,
            feed,
            minute,
            batch_id
    )
    GROUP BY
        tenant_id,
        feed,
        minute
) AS arrivals
LEFT JOIN (
    SELECT
        tenant_id,
        feed,
        minute,
        arrived AS settled
    FROM sightline.ingest_ledger FINAL
    WHERE (minute >= {since:DateTime64(6, 'UTC')} OR (tenant_id, minute) IN (SELECT tenant_id, minute FROM old))
) AS ledger USING (tenant_id, feed, minute)
LEFT JOIN (
    SELECT
        tenant_id,
        feed,
        minute,
        max(written_at) AS written_at
    FROM sightline.ingest_batches
    WHERE (minute >= {since:DateTime64(6, 'UTC')} OR (tenant_id, minute) IN (SELECT tenant_id, minute FROM old))
    GROUP BY
        tenant_id,
        feed,
        minute
) AS batches USING (tenant_id, feed, minute)
WHERE arrived != settled
GROUP BY
    tenant_id,
    minute
HAVING minute + INTERVAL 63 SECOND < {quiet:DateTime64(6, 'UTC')}
    OR (max(written_at) > toDateTime64(0, 6, 'UTC') AND max(written_at) <= {quiet:DateTime64(6, 'UTC')})
ORDER BY
    minute,
    tenant_id
LIMIT 1000

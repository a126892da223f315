-- Signs of life in a stretch, as minutes since 1970: of CloudEvents sources and of ways in, `arrivals` of what came live, and `happened` for
-- what was loaded as history (a file, or what lay 36 hours back in the first day of the source).
WITH spans AS
(
    SELECT source, minIf(received_at, feed != 'import' AND import_id = '') AS first_live
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
    GROUP BY source
)
SELECT *
FROM
(
    SELECT
        'source' AS of,
        source AS id,
        arraySort(groupUniqArrayIf(
            toUInt32(intDiv(toUnixTimestamp64Second(received_at), 60)),
            NOT is_history AND received_at >= {from:DateTime64(6, 'UTC')} AND received_at < {to:DateTime64(6, 'UTC')}
        )) AS arrivals,
        arraySort(groupUniqArrayIf(
            toUInt32(intDiv(toUnixTimestamp64Second(occurred_at), 60)),
            is_history AND occurred_at >= {from:DateTime64(6, 'UTC')} AND occurred_at < {to:DateTime64(6, 'UTC')}
        )) AS happened
    FROM
    (
        -- include shared/source-signs
    )
    WHERE occurred_at < {to:DateTime64(6, 'UTC')} + INTERVAL 1 DAY
    GROUP BY source
    UNION ALL
    SELECT
        'feed' AS of,
        feed AS id,
        arraySort(groupUniqArray(toUInt32(intDiv(toUnixTimestamp(minute), 60)))) AS arrivals,
        [] AS happened
    FROM sightline.ingest_batches
    WHERE tenant_id = {tenant_id:String}
        AND feed != 'import'
        AND received > 0
        AND minute >= {from:DateTime64(6, 'UTC')}
        AND minute < {to:DateTime64(6, 'UTC')}
    GROUP BY feed
)
ORDER BY of, id
LIMIT 2000

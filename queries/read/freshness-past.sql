-- Signs of life in a stretch, as minutes since 1970: of CloudEvents sources and of ways in, `arrivals` of what came live, and `happened` for
-- what was loaded as history (a file, or what lay 36 hours back in the first day of the source).
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
                after -> toDate({from:DateTime64(6, 'UTC')}) + after,
                range(toUInt32(dateDiff('day', {from:DateTime64(6, 'UTC')}, {to:DateTime64(6, 'UTC')}) + 1))
            ))
        FROM spans
    )
SELECT *
FROM
(
    SELECT
        'source' AS of,
        source AS id,
        arraySort(groupUniqArrayIf(toUInt32(intDiv(toUnixTimestamp(minute), 60)), NOT is_history)) AS arrivals,
        arraySort(groupUniqArrayIf(toUInt32(intDiv(toUnixTimestamp(minute), 60)), is_history)) AS happened
    FROM
    (
        -- include shared/source-signs
    )
    WHERE minute >= {from:DateTime64(6, 'UTC')} AND minute < {to:DateTime64(6, 'UTC')}
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

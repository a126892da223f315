-- Where the time of documents went up to an instant, by document and cause; an open one's goes on to what it waits for now.
WITH newest AS (
    SELECT
        concat(document_type, '/', document_id) AS document,
        absent,
        finished,
        until_at,
        open_cause,
        segment_cause,
        segment_from_at,
        segment_to_at
    FROM sightline.delay_history
    WHERE tenant_id = {tenant_id:String}
        AND document_type IN {types:Array(String)}
        AND document_id IN {ids:Array(String)}
        AND subject_id = ''
    ORDER BY version DESC
    LIMIT 1 BY
        document_type,
        document_id
)
SELECT
    document,
    cause,
    sum(us) AS us,
    max(waits) AS waits_now
FROM (
    SELECT
        document,
        segment_cause AS cause,
        dateDiff('microsecond', segment_from_at, segment_to_at) AS us,
        false AS waits
    FROM newest
    ARRAY JOIN
        segment_cause,
        segment_from_at,
        segment_to_at
    WHERE NOT absent
    UNION ALL
    SELECT
        document,
        open_cause AS cause,
        greatest(0, dateDiff('microsecond', until_at, {at:DateTime64(6, 'UTC')})) AS us,
        true AS waits
    FROM newest
    WHERE NOT absent AND NOT finished
)
WHERE document IN {documents:Array(String)} AND cause != ''
GROUP BY
    document,
    cause

-- title: Who finished documents waited for longest
-- unit: microseconds
-- grain: a row for each cause and party waited on
SELECT
    segment_cause AS cause,
    segment_party AS party,
    segment_holder AS holder,
    sum(segment_working_us) AS working,
    sum(segment_off_us) AS off,
    uniqExact(document_id) AS documents
FROM (
    -- include {facts}
)
ARRAY JOIN
    segment_cause,
    segment_working_us,
    segment_off_us,
    segment_party,
    segment_holder
WHERE
    -- include shared/delay-scope
    AND segment_holder != ''
GROUP BY cause, party, holder
ORDER BY working + off DESC, cause, holder
LIMIT {limit:UInt32}

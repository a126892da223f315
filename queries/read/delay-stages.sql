-- title: Time of finished documents by stage and cause
-- unit: microseconds
-- grain: a row for each stage and cause that has time
SELECT
    cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
    segment_stage AS stage,
    segment_cause AS cause,
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
    segment_stage
WHERE
    -- include shared/delay-scope
GROUP BY earlier, stage, cause
ORDER BY earlier, stage, cause

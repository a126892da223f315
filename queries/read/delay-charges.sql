-- title: Time of finished documents by cause
-- unit: microseconds
-- grain: a row for each bucket, group and cause that has time
SELECT
    -- include shared/kpi-bucket,
    if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
    cause,
    sum(working_us) AS working,
    sum(off_us) AS off,
    uniqExact(document_id) AS documents
FROM (
    SELECT
        *,
        segment_stage AS stage,
        segment_step AS step,
        segment_holder AS holder,
        segment_system AS system,
        segment_cause AS cause,
        segment_working_us AS working_us,
        segment_off_us AS off_us
    FROM (
        -- include {facts}
    )
    ARRAY JOIN
        segment_cause,
        segment_working_us,
        segment_off_us,
        segment_stage,
        segment_step,
        segment_holder,
        segment_system
)
WHERE
    -- include shared/delay-scope
GROUP BY bucket, `group`, cause
ORDER BY bucket, `group`, cause

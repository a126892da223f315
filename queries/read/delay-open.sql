-- title: What open documents wait for now
-- unit: documents, microseconds
-- grain: a row for each cause, stage and system that the time of open documents is charged to now
SELECT
    open_cause AS cause,
    open_stage AS stage,
    open_system AS failed_system,
    count() AS documents,
    countIf(due_at IS NOT NULL AND settled_at IS NULL AND due_at < {now:DateTime64(6, 'UTC')}) AS overdue,
    sum(greatest(0, dateDiff('microsecond', until_at, {now:DateTime64(6, 'UTC')}))) AS waited,
    sum(greatest(0, dateDiff('microsecond', first_at, {now:DateTime64(6, 'UTC')}))) AS aged
FROM (
    -- include {facts}
)
WHERE
    -- include shared/delay-scope
    AND first_at < {now:DateTime64(6, 'UTC')}
GROUP BY cause, stage, failed_system
ORDER BY documents DESC, cause, stage, failed_system

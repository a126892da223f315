-- Events by month (UTC) of one object type.
WITH traces AS (
    -- include shared/traces
)
SELECT
    formatDateTime(month_start, '%Y-%m', 'UTC') AS month,
    count() AS events
FROM (
    SELECT toStartOfMonth(happened_at) AS month_start
    FROM traces
    ARRAY JOIN at AS happened_at
)
GROUP BY month_start
ORDER BY month_start

-- How often each activity happens, in how many objects, and how often it is first and last.
WITH traces AS (
    -- include shared/traces
)
SELECT
    activity,
    count() AS count,
    countIf(nth = 1) AS objects,
    countIf(position = 1) AS starts,
    countIf(position = length(steps)) AS ends
FROM traces
ARRAY JOIN
    steps AS activity,
    arrayEnumerate(steps) AS position,
    arrayEnumerateUniq(steps) AS nth
GROUP BY activity
ORDER BY count DESC, activity

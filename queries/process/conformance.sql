-- Sequences of the activities of an expected order, by frequency, with some of their cases. A repeated activity that nothing lies between
-- counts once for each time.
WITH traces AS (
    -- include shared/traces
),
ordered AS (
    SELECT
        object_id,
        arrayFilter(step -> has({order:Array(String)}, step), steps) AS expected,
        hasAny({dropped:Array(String)}, activities) AS is_dropped
    FROM traces
)
SELECT
    expected AS activities,
    count() AS n,
    arraySlice(arraySort(groupArray(5)(object_id)), 1, 5) AS cases,
    sum(n) OVER () AS objects,
    count() OVER () AS sequences,
    any(dropped_cases) AS dropped
FROM ordered
CROSS JOIN (SELECT countIf(is_dropped) AS dropped_cases FROM ordered) AS counted
WHERE NOT is_dropped
GROUP BY activities
ORDER BY n DESC, activities
LIMIT 2000

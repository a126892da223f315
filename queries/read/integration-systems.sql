-- Systems by what their calls did in a window, and their calls by bucket (`is_whole` tells which). A call that the caller and the callee both
-- report counts once, as the caller saw it; runs of workflows and work within a service are no calls.
WITH
    -- include shared/reported-calls
SELECT
    grouping(of_bucket) = 1 AS is_whole,
    system,
    of_bucket AS bucket,
    -- include shared/system-figures
FROM (
    -- include shared/calls-by-bucket
)
GROUP BY GROUPING SETS ((system), (system, of_bucket))
HAVING is_whole OR calls > 0
ORDER BY if(is_whole, technical, 0) DESC, if(is_whole, calls, 0) DESC, bucket, system
LIMIT 100000

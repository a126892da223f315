-- Operations of a system; what counts as a call is told in shared/reported-calls.sql.
WITH
    -- include shared/reported-calls
SELECT
    kind,
    operation,
    -- include shared/call-figures,
    max(started_at) AS last_at
FROM reported
WHERE is_call
GROUP BY
    kind,
    operation
ORDER BY technical DESC, calls DESC, operation
LIMIT 200

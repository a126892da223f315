-- What falls into a number: counted, open, and why the rest is left out.
SELECT
    multiIf(counted, 'counted', open, 'open', 'excluded') AS state,
    if(state = 'excluded', reason, '') AS why,
    count() AS n
FROM (
    -- include {facts}
)
WHERE
    -- include shared/kpi-scope
    AND ({in_group:Bool} = false OR toString({group_by:Identifier}) = {group:String})
    AND (NOT open OR counted OR cohort_at < {now:DateTime64(6, 'UTC')})
GROUP BY
    state,
    why
ORDER BY
    state,
    n DESC,
    why

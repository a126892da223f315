-- The objects of a number, the latest first; `after_…` continues behind the last one of a page.
SELECT
    document_type,
    document_id,
    subject_id,
    toUnixTimestamp64Micro(cohort_at) AS cohort_us,
    multiIf(counted, 'counted', open, 'open', 'excluded') AS state,
    reason AS why,
    value AS contributed,
    weight AS weighed,
    version AS known_us
FROM (
    -- include {facts}
)
WHERE
    -- include shared/kpi-scope
    AND ({in_group:Bool} = false OR toString({group_by:Identifier}) = {group:String})
    AND (NOT open OR counted OR cohort_at < {now:DateTime64(6, 'UTC')})
    AND ({state:String} = '' OR state = {state:String})
    AND (
        {after_us:Int64} = 0
        OR (toUnixTimestamp64Micro(cohort_at), document_type, document_id, subject_id)
            < ({after_us:Int64}, {after_type:String}, {after_id:String}, {after_subject:String})
    )
ORDER BY
    cohort_us DESC,
    document_type DESC,
    document_id DESC,
    subject_id DESC
LIMIT {limit:UInt32}

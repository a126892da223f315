-- title: Documents with their segments, those first that were charged most by what is asked for
-- unit: microseconds
-- grain: a row for each document
SELECT
    -- include shared/delay-columns,
    arraySum(
        (cause, stage, holder, failed, working, off) -> if(
            ({cause:String} = '' OR cause = {cause:String})
                AND ({stage:String} = '' OR stage = {stage:String})
                AND ({holder:String} = '' OR holder = {holder:String})
                AND ({system:String} = '' OR failed = {system:String}),
            working + off,
            0),
        segment_cause,
        segment_stage,
        segment_holder,
        segment_system,
        segment_working_us,
        segment_off_us) AS charged
FROM (
    -- include {facts}
)
WHERE
    -- include shared/delay-scope
    AND ({late_because:String} = '' OR has(late_because, {late_because:String}))
    AND ({late_system:String} = '' OR has(late_because_systems, {late_system:String}))
    AND ({open_cause:String} = '' OR open_cause = {open_cause:String})
    AND (charged > 0 OR {open_cause:String} != '' OR ({cause:String} = '' AND {stage:String} = '' AND {holder:String} = '' AND {system:String} = ''))
ORDER BY
    if({late_system:String} != '' OR {late_because:String} != '', ifNull(dateDiff('microsecond', due_at, settled_at), 0), toInt64(charged)) DESC,
    document_id
LIMIT {limit:UInt32}
OFFSET {offset:UInt32}

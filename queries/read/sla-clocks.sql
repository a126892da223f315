-- Clocks of service levels, those first whose deadline is nearest; of those that have ended the latest.
SELECT
    -- include shared/clock-columns,
    -- include shared/clock-state
FROM sightline.{clocks:Identifier} AS clocks FINAL
WHERE tenant_id = {tenant_id:String}
    AND ({sla_id:String} = '' OR sla_id = {sla_id:String})
    AND (empty({states:Array(String)}) OR now_state IN {states:Array(String)})
    AND (
        {open:Bool}
        OR (
            cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
            AND cohort_day <= toDate32({to:DateTime64(6, 'UTC')})
            AND clocks.cohort_at >= {from:DateTime64(6, 'UTC')}
            AND clocks.cohort_at < {to:DateTime64(6, 'UTC')}
        )
    )
    AND ({entity:String} = '' OR entity = {entity:String})
    AND ({supplier:String} = '' OR supplier = {supplier:String})
    AND ({approver:String} = '' OR approver = {approver:String})
    AND ({system:String} = '' OR system = {system:String})
    AND ({because:String} = '' OR has(because, {because:String}))
    AND ({because_system:String} = '' OR has(because_systems, {because_system:String}))
ORDER BY
    if({open:Bool}, toUnixTimestamp64Micro(ifNull(deadline_at, toDateTime64('2250-01-01 00:00:00', 6, 'UTC'))), -toUnixTimestamp64Micro(clocks.cohort_at)),
    document_id,
    subject_id
LIMIT {limit:UInt32}
OFFSET {offset:UInt32}

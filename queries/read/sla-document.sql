-- Every state that the clocks of one document ever had, the newest first.
SELECT
    -- include shared/clock-columns,
    absent,
    -- include shared/clock-state
FROM sightline.sla_clock_history
WHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND document_id = {id:String}
ORDER BY
    subject_id,
    version DESC
LIMIT 2000

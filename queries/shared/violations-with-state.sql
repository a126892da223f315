-- Violations that a filter finds, each with what people decided last.
SELECT
    found.*,
    multiIf(found.retracted, 'retracted', decided.state = '', 'open', decided.state) AS state
FROM (
    SELECT
        *,
        violation_id
    FROM sightline.violations FINAL
    WHERE
        -- include shared/violations-wanted
) AS found
LEFT JOIN (
    SELECT
        violation_id,
        toString(state) AS state
    FROM sightline.violation_states FINAL
    WHERE tenant_id = {tenant_id:String}
) AS decided USING (violation_id)

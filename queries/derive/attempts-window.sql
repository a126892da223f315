-- Attempts on a system between two instants, with the documents of those that failed; what was caused by its announcements among them.
SELECT
    attempt_id,
    toUnixTimestamp64Micro(attempted_at) AS at_us,
    kind,
    operation_id,
    operation_class,
    exception_id,
    outcome,
    class,
    category,
    code,
    supplier,
    leads,
    document_type,
    document_id,
    if(amount IS NULL, NULL, toString(amount)) AS amount_text,
    currency
FROM sightline.operation_attempts FINAL
WHERE tenant_id = {tenant_id:String}
    AND (
        (
            system = {system:String}
            AND attempted_day <= toDate(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
            AND (attempted_day >= toDate(fromUnixTimestamp64Micro({from:Int64}, 'UTC')) OR kind IN ('announced', 'withdrawn'))
            AND kind NOT IN ('caused', 'released')
        )
        OR (
            kind IN ('caused', 'released')
            AND operation_id IN (
                SELECT operation_id
                FROM sightline.operation_attempts FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND system = {system:String}
                    AND attempted_day <= toDate(fromUnixTimestamp64Micro({to:Int64}, 'UTC'))
                    AND kind = 'announced'
            )
        )
    )
ORDER BY
    attempted_at,
    attempt_id

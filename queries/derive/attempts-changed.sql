-- Systems with attempts that came or changed since a run, and those of blocked documents in the scope, with the stretch they lie in.
SELECT
    system,
    toUnixTimestamp64Micro(min(first_at)) AS first_us,
    toUnixTimestamp64Micro(max(last_at)) AS last_us
FROM (
    SELECT
        system,
        min(attempted_at) AS first_at,
        max(attempted_at) AS last_at
    FROM sightline.operation_attempts
    WHERE tenant_id = {tenant_id:String} AND arrived_at > fromUnixTimestamp64Micro({published:Int64}, 'UTC') - INTERVAL 30 SECOND
    GROUP BY system
    UNION ALL
    SELECT
        system,
        min(blocked_at) AS first_at,
        max(blocked_at) AS last_at
    FROM sightline.incident_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND released_at IS NULL
        AND document_id IN (
            SELECT object_id
            FROM sightline.derive_scope
            WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
        )
    GROUP BY system
    UNION ALL
    SELECT
        system,
        min(attempted_at) AS first_at,
        max(attempted_at) AS last_at
    FROM sightline.operation_attempts
    WHERE tenant_id = {tenant_id:String}
        AND kind = 'announced'
        AND operation_id IN (
            SELECT operation_id
            FROM sightline.operation_attempts
            WHERE tenant_id = {tenant_id:String}
                AND arrived_at > fromUnixTimestamp64Micro({published:Int64}, 'UTC') - INTERVAL 30 SECOND
                AND kind IN ('caused', 'released', 'withdrawn')
        )
    GROUP BY system
)
GROUP BY system
ORDER BY system

-- Clocks of service levels that ran while an incident blocked their documents, those that are not over first.
WITH
    blocked AS (
        SELECT
            document_type,
            document_id,
            min(blocked_at) AS since,
            max(ifNull(released_at, {now:DateTime64(6, 'UTC')})) AS until
        FROM sightline.incident_documents FINAL
        WHERE tenant_id = {tenant_id:String} AND incident_id = {id:String}
        GROUP BY
            document_type,
            document_id
    ),
    clocks AS (
        SELECT
            document_type,
            document_id,
            subject_id,
            argMax((sla_id, state, started_at, ended_at, deadline_at, absent), version) AS newest
        FROM sightline.sla_clock_history
        WHERE tenant_id = {tenant_id:String} AND (document_type, document_id) IN (SELECT document_type, document_id FROM blocked)
        GROUP BY
            document_type,
            document_id,
            subject_id
    )
SELECT
    newest.1 AS sla,
    document_type AS type,
    document_id AS id,
    if(newest.2 IN ('running', 'paused') AND newest.5 <= {now:DateTime64(6, 'UTC')}, 'breached', newest.2) AS state_now,
    newest.3 AS started_at,
    newest.4 AS ended_at,
    newest.5 AS deadline_at,
    (
        toUnixTimestamp64Micro(least(until, ifNull(newest.4, {now:DateTime64(6, 'UTC')})))
        - toUnixTimestamp64Micro(greatest(since, newest.3))
    ) / 1e6 AS burned_s,
    count() OVER () AS total
FROM clocks
INNER JOIN blocked USING (document_type, document_id)
WHERE NOT newest.6
    AND newest.2 != 'cancelled'
    AND newest.3 < until
    AND (newest.4 IS NULL OR newest.4 > since)
ORDER BY
    newest.4 IS NULL DESC,
    burned_s DESC,
    type,
    id,
    sla
LIMIT 200

-- Systems of exceptions, incidents and operations that others name as their cause, and what those name in turn.
SELECT
    root_id,
    argMinIf(system, (occurred_at, event_id), class != 'none') AS failed,
    maxIf(caused_by, caused_by != '') AS caused
FROM sightline.exception_roots FINAL
INNER JOIN (
    SELECT
        event_id,
        any(system) AS system
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            SELECT event_id
            FROM sightline.exception_roots
            WHERE tenant_id = {tenant_id:String} AND root_id IN {ids:Array(String)}
        )
    GROUP BY event_id
) AS told USING (event_id)
WHERE tenant_id = {tenant_id:String}
    AND root_id IN {ids:Array(String)}
GROUP BY root_id

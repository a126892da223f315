-- Each root's own class by its first event that has one, and what it names as its cause.
SELECT
    root_id,
    argMinIf(raised.class, (raised.occurred_at, raised.event_id), raised.class != 'none') AS class,
    argMinIf(raised.category, (raised.occurred_at, raised.event_id), raised.class != 'none') AS category,
    argMinIf(raised.reaction, (raised.occurred_at, raised.event_id), raised.class != 'none') AS reaction,
    max(raised.caused_by) AS caused_by,
    groupUniqArray(raised.event_id) AS event_ids
FROM sightline.exception_roots AS raised
WHERE tenant_id = {tenant_id:String}
    AND root_id IN {ids:Array(String)}
GROUP BY root_id

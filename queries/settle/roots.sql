-- Each root's own class by its first event that has one, and what it names as its cause.
SELECT
    root_id,
    argMinIf(class, (occurred_at, event_id), class != 'none') AS class,
    argMinIf(category, (occurred_at, event_id), class != 'none') AS category,
    argMinIf(reaction, (occurred_at, event_id), class != 'none') AS reaction,
    max(caused_by) AS caused_by,
    groupUniqArray(event_id) AS event_ids
FROM sightline.exception_roots
WHERE tenant_id = {tenant_id:String}
    AND root_id IN {ids:Array(String)}
GROUP BY root_id

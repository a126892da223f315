INSERT INTO sightline.object_events
SELECT * REPLACE (
    if(held.class = 'business', 'technical', held.class) AS class,
    if(held.class = 'business', arrayElement({categories:Array(String)}, indexOf({ids:Array(UUID)}, event_id)), held.category) AS category,
    if(held.class = 'business', arrayElement({reactions:Array(String)}, indexOf({ids:Array(UUID)}, event_id)), held.reaction) AS reaction,
    {version:UInt64} AS version
)
FROM sightline.object_events AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )

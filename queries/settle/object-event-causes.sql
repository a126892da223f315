INSERT INTO sightline.object_events
SELECT * REPLACE (
    if(class = 'business', 'technical', class) AS class,
    if(class = 'business', arrayElement({categories:Array(String)}, indexOf({ids:Array(UUID)}, event_id)), category) AS category,
    if(class = 'business', arrayElement({reactions:Array(String)}, indexOf({ids:Array(UUID)}, event_id)), reaction) AS reaction,
    {version:UInt64} AS version
)
FROM sightline.object_events FINAL
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )

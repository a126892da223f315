-- Gives events the class that their cause decides, or their own again; those that have it already are left alone.
INSERT INTO sightline.object_events
SELECT * REPLACE (
    arrayElement({classes:Array(String)}, indexOf({ids:Array(UUID)}, event_id)) AS class,
    arrayElement({categories:Array(String)}, indexOf({ids:Array(UUID)}, event_id)) AS category,
    arrayElement({reactions:Array(String)}, indexOf({ids:Array(UUID)}, event_id)) AS reaction,
    {version:UInt64} AS version
)
FROM sightline.object_events AS held FINAL
WHERE tenant_id = {tenant_id:String}
    AND held.live
    AND (object_type, object_id) IN (
        SELECT arrayJoin(arrayZip(object_types, object_ids))
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
    )
    AND event_id IN {ids:Array(UUID)}
    AND (
        held.class != arrayElement({classes:Array(String)}, indexOf({ids:Array(UUID)}, event_id))
        OR held.category != arrayElement({categories:Array(String)}, indexOf({ids:Array(UUID)}, event_id))
    )

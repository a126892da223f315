-- Takes rows of a table out that tell of these events, to be made anew.
DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND event_id IN {ids:Array(UUID)}

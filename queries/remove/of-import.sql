-- Takes rows of a table out that tell of an import's events.
DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND event_id IN (
        SELECT event_id
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String} AND import_id = {import_id:String}
    )

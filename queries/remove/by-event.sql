DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND {event:Identifier} IN (
        -- include shared/removal-events
    )

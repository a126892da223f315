-- Events that go leave the objects that stay: suppliers, contracts.
DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND event_id IN (
        -- include shared/removal-events
    )
    AND (object_type, object_id) IN (
        SELECT
            object.1,
            object.2
        FROM (
            SELECT arrayJoin(arrayZip(object_types, object_ids)) AS object
            FROM sightline.events
            WHERE tenant_id = {tenant_id:String}
                AND event_id IN (
                    -- include shared/removal-events
                )
        )
    )

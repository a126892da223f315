-- Events that are not the import's alone: copies that came by other ways, and what its corrections and causes changed.
SELECT DISTINCT event_id
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND import_id != {import_id:String}
    AND (
        event_id IN (
            SELECT arrayJoin(arrayFilter(id -> id IS NOT NULL, [toNullable(event_id), corrects_id]))
            FROM sightline.events
            WHERE tenant_id = {tenant_id:String} AND import_id = {import_id:String}
        )
        OR corrects_id IN (
            SELECT toNullable(event_id)
            FROM sightline.events
            WHERE tenant_id = {tenant_id:String} AND import_id = {import_id:String}
        )
        OR (
            exception_caused_by != ''
            AND exception_caused_by IN (
                SELECT arrayJoin([exception_id, operation_id])
                FROM sightline.events
                WHERE tenant_id = {tenant_id:String} AND import_id = {import_id:String}
            )
        )
    )

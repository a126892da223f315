-- Calls on timelines go with their documents; those of documents that have no timeline, by their own instant.
DELETE FROM sightline.object_calls
WHERE tenant_id = {tenant_id:String}
    AND started_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND (object_type, object_id) NOT IN (
        SELECT
            object_type,
            object_id
        FROM sightline.object_activity FINAL
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN (
                SELECT
                    object_type,
                    object_id
                FROM sightline.object_calls
                WHERE tenant_id = {tenant_id:String} AND started_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
            )
    )

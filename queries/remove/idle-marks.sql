-- Marks of documents that have gone and of which nothing came since.
DELETE FROM sightline.dirty_objects
WHERE tenant_id = {tenant_id:String}
    AND sipHash128(toString(object_type), object_id) IN (
        SELECT fingerprint
        FROM sightline.removed_documents
        WHERE tenant_id = {tenant_id:String}
            AND fingerprint IN (
                SELECT sipHash128(toString(object_type), object_id)
                FROM sightline.dirty_objects
                WHERE tenant_id = {tenant_id:String}
            )
    )
    AND (object_type, object_id) NOT IN (
        SELECT
            object_type,
            object_id
        FROM sightline.object_events
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN (
                SELECT
                    object_type,
                    object_id
                FROM sightline.dirty_objects
                WHERE tenant_id = {tenant_id:String}
            )
    )

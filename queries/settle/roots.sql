-- The events of exceptions and operations that stand: neither corrected nor a later content of their identity.
SELECT
    root_id,
    event_id,
    class,
    category,
    reaction,
    caused_by
FROM sightline.exception_roots FINAL
WHERE tenant_id = {tenant_id:String}
    AND root_id IN {ids:Array(String)}
    AND (event_id, content_hash) IN (
        SELECT
            event_id,
            content_hash
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND (object_type, object_id, event_id) IN (
                SELECT
                    object_type,
                    object_id,
                    event_id
                FROM sightline.events
                ARRAY JOIN
                    object_types AS object_type,
                    object_ids AS object_id
                WHERE tenant_id = {tenant_id:String}
                    AND event_id IN (
                        SELECT event_id
                        FROM sightline.exception_roots
                        WHERE tenant_id = {tenant_id:String} AND root_id IN {ids:Array(String)}
                    )
            )
    )
ORDER BY
    root_id,
    occurred_at,
    event_id

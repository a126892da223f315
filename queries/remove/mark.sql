-- Marks what stays beside what goes: objects that lose events, and documents that were linked.
INSERT INTO sightline.dirty_objects (tenant_id, marked_at, object_type, object_id)
SELECT DISTINCT
    {tenant_id:String},
    now64(6, 'UTC'),
    object.1,
    object.2
FROM (
    SELECT arrayJoin(arrayZip(arrayMap(one -> toString(one), object_types), object_ids)) AS object
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            -- include shared/removal-events
        )
    UNION ALL
    SELECT (toString(other_type), other_id) AS object
    FROM sightline.object_links
    WHERE tenant_id = {tenant_id:String}
        AND (object_type, object_id) IN (
            -- include shared/listed-keys
        )
)
WHERE sipHash128(object.1, object.2) NOT IN (
    SELECT fingerprint
    FROM sightline.removed_documents
    WHERE tenant_id = {tenant_id:String}
)

-- What happened before the cut leaves the timelines of documents that go; what came meanwhile stays.
DELETE FROM sightline.object_events
WHERE tenant_id = {tenant_id:String}
    AND occurred_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND (object_type, object_id) IN (
        -- include shared/listed-keys
    )

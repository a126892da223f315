-- Objects of one type, the latest active first. Ids are looked through before other columns are read: they are part of the key, so that all
-- rows of an object pass or none does.
SELECT
    object_id AS id,
    events,
    first_at,
    last_at,
    toUnixTimestamp64Micro(last_at) AS last_us,
    last_activity,
    supplier AS last_supplier,
    entity AS last_entity,
    business_exceptions,
    technical_failures
FROM sightline.object_activity FINAL
PREWHERE {q:String} = '' OR positionCaseInsensitiveUTF8(object_id, {q:String}) > 0
WHERE tenant_id = {tenant_id:String}
    AND object_type = {type:String}
    AND last_day >= toDate32({since:DateTime64(6, 'UTC')})
    AND last_day <= toDate32({until:DateTime64(6, 'UTC')})
    AND (last_us, id) < ({after_us:Int64}, {after_id:String})
ORDER BY last_us DESC, id DESC
LIMIT {limit:UInt32}

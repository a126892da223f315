-- Where the parts begin in which objects with a last event older than the cut are looked through, in the order of their keys.
SELECT
    object_type AS type,
    object_id AS id
FROM (
    SELECT
        object_type,
        object_id,
        row_number() OVER (ORDER BY object_type, object_id) AS place
    FROM sightline.object_activity FINAL
    WHERE tenant_id = {tenant_id:String} AND last_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
)
WHERE (place - 1) % {at_once:UInt32} = 0
ORDER BY type, id

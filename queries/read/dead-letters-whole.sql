-- Dead letters with all that they keep.
SELECT
    letter_id,
    feed,
    received_at,
    coordinates,
    headers,
    raw,
    raw_bytes,
    format,
    code,
    reason,
    mapping,
    mapping_version,
    state,
    replays,
    note
FROM sightline.dead_letters FINAL
WHERE tenant_id = {tenant_id:String} AND letter_id IN {ids:Array(UUID)}

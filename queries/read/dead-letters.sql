-- Dead letters, newest first, without their bytes. `after` continues a listing behind its last letter.
SELECT
    letter_id,
    feed,
    received_at,
    coordinates,
    raw_bytes,
    substring(base64Decode(substring(raw, 1, 400)), 1, 240) AS beginning,
    format,
    code,
    reason,
    mapping,
    mapping_version,
    state,
    replays,
    note
FROM sightline.dead_letters FINAL
-- include shared/dead-letter-filter
ORDER BY
    received_at DESC,
    letter_id DESC
LIMIT {limit:UInt32}

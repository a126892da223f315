-- Which of these identities are stored, with which contents, and the minutes of the ledger in which they arrived.
SELECT
    event_id,
    groupUniqArray(toString(content_hash)) AS contents,
    groupUniqArrayIf(
        toUnixTimestamp(toStartOfMinute(subtractMicroseconds(received_at, ordinal))),
        batch_id != 0
    ) AS minutes
FROM sightline.events
WHERE tenant_id = {tenant_id:String} AND event_id IN {ids:Array(UUID)}
GROUP BY event_id

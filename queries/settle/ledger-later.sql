-- Minutes after this one that hold copies of what arrived in it: a range that was claimed before an outage and stored after it takes the
-- first arrival from copies that were settled meanwhile.
SELECT DISTINCT toString(toStartOfMinute(subtractMicroseconds(received_at, ordinal))) AS minute
FROM sightline.events
WHERE tenant_id = {tenant_id:String}
    AND batch_id != 0
    AND received_at >= {minute:DateTime('UTC')} + INTERVAL 60 SECOND
    AND event_id IN (
        SELECT event_id
        FROM sightline.events
        WHERE tenant_id = {tenant_id:String}
            AND batch_id != 0
            AND received_at >= {minute:DateTime('UTC')}
            AND received_at < {minute:DateTime('UTC')} + INTERVAL 62 SECOND
    )
HAVING minute != toString({minute:DateTime('UTC')})

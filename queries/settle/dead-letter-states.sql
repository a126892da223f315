-- Gives dead letters a new state. A purged letter loses its bytes and headers and stays, so that the ledger's count of it does. The
-- condition stands inside: beside the replaced columns, `state` would be the new one.
INSERT INTO sightline.dead_letters
SELECT * REPLACE (
    {state:String} AS state,
    if({state:String} = 'purged', '', raw) AS raw,
    if({state:String} = 'purged', '{}', headers) AS headers,
    replays + {replayed:UInt32} AS replays,
    {note:String} AS note,
    greatest({version:UInt64}, version + 1) AS version
)
FROM (
    SELECT *
    FROM sightline.dead_letters FINAL
    WHERE tenant_id = {tenant_id:String} AND letter_id IN {ids:Array(UUID)} AND state != 'purged'
)

-- What a filter of dead letters finds; `after` continues a listing behind its last letter.
WHERE tenant_id = {tenant_id:String}
    AND ({state:String} = '' OR state = {state:String})
    AND ({feed:String} = '' OR feed = {feed:String})
    AND ({code:String} = '' OR code = {code:String})
    AND ({from:String} = '' OR received_at >= parseDateTime64BestEffortOrZero({from:String}, 6, 'UTC'))
    AND ({to:String} = '' OR received_at < parseDateTime64BestEffortOrZero({to:String}, 6, 'UTC'))
    AND (
        {text:String} = ''
        OR positionCaseInsensitiveUTF8(reason, {text:String}) > 0
        OR positionCaseInsensitive(coordinates, {text:String}) > 0
        OR positionCaseInsensitive(base64Decode(raw), {text:String}) > 0
    )
    AND (empty({ids:Array(UUID)}) OR letter_id IN {ids:Array(UUID)})
    AND (
        {after_at:String} = ''
        OR (received_at, letter_id) < (parseDateTime64BestEffortOrZero({after_at:String}, 6, 'UTC'), toUUIDOrZero({after_id:String}))
    )

-- Open work, the oldest first.
SELECT
    type,
    id,
    of_type,
    of_id,
    waits,
    waits_for,
    waiting_since,
    since,
    stage,
    document_amount,
    document_currency,
    if(is_unconverted, NULL, worth) AS worth_reporting,
    supplier,
    entity
FROM (
    -- include shared/open-work
)
WHERE ({type:String} = '' OR type = {type:String})
    AND ({waits:String} = '' OR waits = {waits:String})
    AND dateDiff('second', since, {now:DateTime64(6, 'UTC')}) >= {least_s:Int64}
    AND dateDiff('second', since, {now:DateTime64(6, 'UTC')}) < {below_s:Int64}
ORDER BY
    since,
    type,
    id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}

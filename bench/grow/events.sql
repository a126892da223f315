-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.events
SELECT * REPLACE (
    addDays(occurred_at, -{days:Int32}) AS occurred_at,
    addDays(due_at, -{days:Int32}) AS due_at,
    arrayMap(one -> concat({mark:String}, one), object_ids) AS object_ids,
    arrayMap(one -> concat({mark:String}, one), state_ids) AS state_ids,
    reinterpretAsUUID(MD5(concat({mark:String}, toString(event_id)))) AS event_id,
    if(completes_id IS NULL, NULL, reinterpretAsUUID(MD5(concat({mark:String}, toString(assumeNotNull(completes_id)))))) AS completes_id,
    if(corrects_id IS NULL, NULL, reinterpretAsUUID(MD5(concat({mark:String}, toString(assumeNotNull(corrects_id)))))) AS corrects_id,
    if(exception_id = '', '', concat({mark:String}, exception_id)) AS exception_id,
    if(exception_caused_by = '', '', concat({mark:String}, exception_caused_by)) AS exception_caused_by,
    if(operation_id = '', '', concat({mark:String}, operation_id)) AS operation_id
)
FROM sightline.events AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.occurred_at) >= toDate({since:String})

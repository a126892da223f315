-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.events
SELECT * REPLACE (
    addDays(occurred_at, -{days:Int32}) AS occurred_at,
    addDays(due_at, -{days:Int32}) AS due_at,
    arrayMap(one -> concat(one, {mark:String}), object_ids) AS object_ids,
    arrayMap(one -> concat(one, {mark:String}), state_ids) AS state_ids,
    reinterpretAsUUID(MD5(concat(toString(event_id), {mark:String}))) AS event_id,
    if(completes_id IS NULL, NULL, reinterpretAsUUID(MD5(concat(toString(assumeNotNull(completes_id)), {mark:String})))) AS completes_id,
    if(corrects_id IS NULL, NULL, reinterpretAsUUID(MD5(concat(toString(assumeNotNull(corrects_id)), {mark:String})))) AS corrects_id,
    if(exception_id = '', '', concat(exception_id, {mark:String})) AS exception_id,
    if(exception_caused_by = '', '', concat(exception_caused_by, {mark:String})) AS exception_caused_by,
    if(operation_id = '', '', concat(operation_id, {mark:String})) AS operation_id
)
FROM sightline.events AS rows
WHERE toDate(rows.occurred_at) >= toDate({since:String})

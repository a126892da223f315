-- Adds what the last half-year holds once more, earlier by days, with documents of its own.
INSERT INTO sightline.ai_events
SELECT * REPLACE (
    addDays(occurred_day, -{days:Int32}) AS occurred_day,
    addDays(occurred_at, -{days:Int32}) AS occurred_at,
    reinterpretAsUUID(MD5(concat({mark:String}, toString(event_id)))) AS event_id,
    concat({mark:String}, document_id) AS document_id,
    arrayMap(one -> concat({mark:String}, one), object_ids) AS object_ids,
    arrayMap(one -> (one.1, concat({mark:String}, one.2)), about) AS about
)
FROM sightline.ai_events AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.occurred_day >= toDate32({since:String})

-- Adds what the last half-year holds once more, earlier by days, with documents of its own.
INSERT INTO sightline.control_documents
SELECT * REPLACE (
    addDays(first_at, -{days:Int32}) AS first_at,
    if(at < toDateTime64('1971-01-01', 6, 'UTC'), at, addDays(at, -{days:Int32})) AS at,
    if(dropped_at < toDateTime64('1971-01-01', 6, 'UTC'), dropped_at, addDays(dropped_at, -{days:Int32})) AS dropped_at,
    if(paid_at < toDateTime64('1971-01-01', 6, 'UTC'), paid_at, addDays(paid_at, -{days:Int32})) AS paid_at,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.control_documents AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.first_at) >= toDate({since:String})

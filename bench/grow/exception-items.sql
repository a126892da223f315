-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.exception_items
SELECT * REPLACE (
    addDays(raised_day, -{days:Int32}) AS raised_day,
    addDays(raised_at, -{days:Int32}) AS raised_at,
    addDays(resolved_at, -{days:Int32}) AS resolved_at,
    concat({mark:String}, document_id) AS document_id,
    concat({mark:String}, item_id) AS item_id
)
FROM sightline.exception_items AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.raised_day >= toDate32({since:String})
    AND rows.resolved_at IS NOT NULL

-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.documents
SELECT * REPLACE (
    addDays(opened_at, -{days:Int32}) AS opened_at,
    addDays(closed_at, -{days:Int32}) AS closed_at,
    addDays(stage_at, -{days:Int32}) AS stage_at,
    addDays(waits_at, -{days:Int32}) AS waits_at,
    addDays(due_at, -{days:Int32}) AS due_at,
    addDays(paid_at, -{days:Int32}) AS paid_at,
    addDays(discount_until, -{days:Int32}) AS discount_until,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.documents AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.opened_at) >= toDate({since:String})
    AND rows.closed_at IS NOT NULL

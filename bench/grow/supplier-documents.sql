-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.supplier_documents
SELECT * REPLACE (
    addDays(opened_day, -{days:Int32}) AS opened_day,
    addDays(opened_at, -{days:Int32}) AS opened_at,
    addDays(closed_at, -{days:Int32}) AS closed_at,
    addDays(due_at, -{days:Int32}) AS due_at,
    addDays(paid_at, -{days:Int32}) AS paid_at,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.supplier_documents AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.opened_day >= toDate32({since:String})
    AND rows.closed_at IS NOT NULL

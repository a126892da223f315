-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.incident_documents
SELECT * REPLACE (
    addDays(blocked_at, -{days:Int32}) AS blocked_at,
    addDays(released_at, -{days:Int32}) AS released_at,
    concat({mark:String}, incident_id) AS incident_id,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.incident_documents AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.blocked_at) >= toDate({since:String})
    AND rows.released_at IS NOT NULL

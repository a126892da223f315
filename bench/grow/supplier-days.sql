-- Adds what the last half-year holds once more, earlier by days; what is open stays where it is.
INSERT INTO sightline.supplier_days
SELECT * REPLACE (
    addDays(opened_day, -{days:Int32}) AS opened_day,
    0 AS open_invoices
)
FROM sightline.supplier_days AS rows
WHERE rows.tenant_id = {tenant:String}
    AND rows.opened_day >= toDate32({since:String})

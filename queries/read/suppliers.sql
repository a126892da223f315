-- Score cards of suppliers: the window's figures, and those of behaviour beside the same of the stretches before it, one row a supplier.
WITH known AS (
    SELECT
        key AS supplier,
        argMax(body, valid_from) AS said
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers' AND valid_from < {to:DateTime64(6, 'UTC')}
    GROUP BY supplier
)
SELECT
    figures.*,
    (behaved_exception_rate, behaved_answer_s, behaved_cycle_s, invoices) AS behaved_now,
    JSONExtractString(known.said, 'name') AS supplier_name,
    JSONExtractString(known.said, 'class') AS class,
    JSONExtractString(known.said, 'risk') AS risk,
    JSONExtractString(known.said, 'country') AS country,
    JSONExtractString(known.said, 'status') AS status
FROM (
    SELECT
        *,
        groupArrayIf(behaved_exception_rate, period > 0) OVER of_supplier AS before_exception_rate,
        groupArrayIf(behaved_answer_s, period > 0) OVER of_supplier AS before_answer_s,
        groupArrayIf(behaved_cycle_s, period > 0) OVER of_supplier AS before_cycle_s,
        groupArrayIf(invoices, period > 0) OVER of_supplier AS before_invoices
    FROM (
        -- include shared/supplier-periods
    )
    WINDOW of_supplier AS (PARTITION BY supplier)
) AS figures
LEFT JOIN known ON known.supplier = figures.supplier
WHERE period = 0
ORDER BY supplier

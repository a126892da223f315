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
    figures.supplier AS supplier,
    JSONExtractString(known.said, 'name') AS supplier_name,
    JSONExtractString(known.said, 'class') AS class,
    JSONExtractString(known.said, 'risk') AS risk,
    JSONExtractString(known.said, 'country') AS country,
    JSONExtractString(known.said, 'status') AS status,
    now.1 AS invoices,
    now.2 AS orders,
    now.3 AS spend,
    now.4 AS spend_unconverted,
    now.5 AS exceptions,
    now.6 AS invoices_with_exception,
    now.7 AS duplicates,
    now.8 AS violations,
    now.9 AS answers,
    now.10 AS answer_s,
    now.11 AS cycles,
    now.12 AS cycle_s,
    now.13 AS late,
    now.14 AS paid,
    now.15 AS open_invoices,
    behaved_now,
    before_exception_rate,
    before_answer_s,
    before_cycle_s,
    before_invoices
FROM (
    SELECT
        supplier,
        anyIf(
            (
                invoices,
                orders,
                spend,
                spend_unconverted,
                exceptions,
                invoices_with_exception,
                duplicates,
                violations,
                answers,
                answer_s,
                cycles,
                cycle_s,
                late,
                paid,
                open_invoices
            ),
            period = 0
        ) AS now,
        anyIf((behaved_exception_rate, behaved_answer_s, behaved_cycle_s, invoices), period = 0) AS behaved_now,
        groupArrayIf(behaved_exception_rate, period > 0) AS before_exception_rate,
        groupArrayIf(behaved_answer_s, period > 0) AS before_answer_s,
        groupArrayIf(behaved_cycle_s, period > 0) AS before_cycle_s,
        groupArrayIf(invoices, period > 0) AS before_invoices
    FROM (
        -- include shared/supplier-periods
    )
    GROUP BY supplier
    HAVING countIf(period = 0) > 0
) AS figures
LEFT JOIN known ON known.supplier = figures.supplier
ORDER BY supplier

-- Suppliers by period: the window is period 0, the stretches of the same length before it are 1, 2, … Days that no period cuts are read as
-- they were computed, the others from their documents.
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
    period,
    JSONExtractString(known.said, 'name') AS supplier_name,
    JSONExtractString(known.said, 'class') AS class,
    JSONExtractString(known.said, 'risk') AS risk,
    JSONExtractString(known.said, 'country') AS country,
    JSONExtractString(known.said, 'status') AS status,
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
FROM (
    SELECT
        supplier,
        period,
        sum(invoices) AS invoices,
        sum(orders) AS orders,
        sum(spend) AS spend,
        sum(spend_unconverted) AS spend_unconverted,
        sum(exceptions) AS exceptions,
        sum(invoices_with_exception) AS invoices_with_exception,
        sum(duplicates) AS duplicates,
        sum(violations) AS violations,
        sum(answers) AS answers,
        sum(answer_s) AS answer_s,
        sum(length(cycle_seconds)) AS cycles,
        if(cycles = 0, NULL, quantileExactInclusiveArray(0.5)(cycle_seconds)) AS cycle_s,
        sum(late) AS late,
        sum(paid) AS paid,
        sum(open_invoices) AS open_invoices
    FROM (
        SELECT
            supplier,
            -- include shared/supplier-period,
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
            cycle_seconds,
            late,
            paid,
            open_invoices
        FROM (
            SELECT
                *,
                toDateTime64(opened_day, 6, 'UTC') AS opened_at
            FROM sightline.supplier_days FINAL
            WHERE tenant_id = {tenant_id:String}
                AND ({supplier:String} = '' OR supplier = {supplier:String})
                AND opened_day >= toDate32({first:DateTime64(6, 'UTC')})
                AND opened_day < toDate32({to:DateTime64(6, 'UTC')})
                AND opened_day NOT IN {cut_days:Array(Date32)}
        )
        UNION ALL
        SELECT
            supplier,
            -- include shared/supplier-period,
            -- include shared/supplier-figures
        FROM sightline.supplier_documents FINAL
        WHERE tenant_id = {tenant_id:String}
            AND ({supplier:String} = '' OR supplier = {supplier:String})
            AND opened_day IN {cut_days:Array(Date32)}
            AND opened_at >= {first:DateTime64(6, 'UTC')}
            AND opened_at < {to:DateTime64(6, 'UTC')}
        GROUP BY
            supplier,
            period
    )
    GROUP BY
        supplier,
        period
) AS figures
LEFT JOIN known ON known.supplier = figures.supplier
ORDER BY
    supplier,
    period

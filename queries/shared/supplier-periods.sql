-- Figures of suppliers by period, and those of their behaviour where enough is known of a period. Days that no period cuts are read as they
-- were computed, the others from their documents.
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
    sum(open_invoices) AS open_invoices,
    if(invoices < {minimum_n:UInt32}, NULL, invoices_with_exception / invoices) AS behaved_exception_rate,
    if(answers < {minimum_n:UInt32}, NULL, answer_s / answers) AS behaved_answer_s,
    if(cycles < {minimum_n:UInt32}, NULL, cycle_s) AS behaved_cycle_s
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

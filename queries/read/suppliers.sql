-- Suppliers by period: the window is period 0, the stretches of the same length before it are 1, 2, …
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
        toUInt32(intDiv(
            toUnixTimestamp64Micro({to:DateTime64(6, 'UTC')}) - toUnixTimestamp64Micro(opened_at) - 1,
            {length_us:UInt64}
        )) AS period,
        countIf(document_type = 'invoice') AS invoices,
        countIf(document_type = 'purchase_order' AND outcome != 'dropped') AS orders,
        sumIf(toFloat64(amount) * rate, document_type = 'purchase_order' AND outcome != 'dropped') AS spend,
        countIf(document_type = 'purchase_order' AND outcome != 'dropped' AND amount > 0 AND rate = 0) AS spend_unconverted,
        sumIf(exceptions_raised, document_type = 'invoice') AS exceptions,
        countIf(document_type = 'invoice' AND exceptions_raised > 0) AS invoices_with_exception,
        countIf(document_type = 'invoice' AND is_duplicate) AS duplicates,
        sumIf(violations, document_type IN ('invoice', 'purchase_order')) AS violations,
        sum(answers) AS answers,
        sum(answer_s) AS answer_s,
        countIf(document_type = 'invoice' AND outcome = 'done') AS cycles,
        if(cycles = 0, NULL, quantileExactInclusiveIf(0.5)(dateDiff('second', opened_at, ifNull(closed_at, opened_at)), document_type = 'invoice' AND outcome = 'done')) AS cycle_s,
        countIf(document_type = 'invoice' AND paid_at IS NOT NULL AND due_at IS NOT NULL AND paid_at > due_at) AS late,
        countIf(document_type = 'invoice' AND paid_at IS NOT NULL AND due_at IS NOT NULL) AS paid,
        countIf(document_type = 'invoice' AND closed_at IS NULL) AS open_invoices
    FROM sightline.documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type IN ('requisition', 'purchase_order', 'invoice')
        AND supplier != ''
        AND ({supplier:String} = '' OR supplier = {supplier:String})
        AND opened_at >= {first:DateTime64(6, 'UTC')}
        AND opened_at < {to:DateTime64(6, 'UTC')}
    GROUP BY
        supplier,
        period
) AS figures
LEFT JOIN known ON known.supplier = figures.supplier
ORDER BY
    supplier,
    period

-- One supplier by period: the window is period 0, the stretches of the same length before it are 1, 2, …
SELECT
    period,
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
    -- include shared/supplier-periods
)
ORDER BY period DESC

-- Order lines of the scope (orders as a whole where no line states quantity and price) with their value in the reporting currency, and
-- whether they name a contract that is valid, and whether one that is valid covers them.
SELECT
    document_type,
    document_id,
    any(lines.cohort_at) AS cohort_at,
    any(lines.released) AS released,
    any(lines.dropped) AS dropped,
    any(lines.supplier_id) AS supplier_id,
    any(lines.ordered * if(lines.cohort_at < rates.valid_to, rates.rate, 0)) AS spent,
    max(contracts.contract_id != '' AND contracts.valid_from <= lines.cohort_at AND lines.cohort_at < contracts.valid_to AND contracts.contract_id = lines.contract_named) AS named,
    max(contracts.contract_id != '' AND contracts.valid_from <= lines.cohort_at AND lines.cohort_at < contracts.valid_to AND contracts.contract_category IN ('*', lines.category_id)) AS covered,
    any(lines.facets) AS facets
FROM (
    -- include shared/order-lines
) AS lines
LEFT JOIN (
    -- include shared/contracts
) AS contracts ON contracts.contract_supplier = lines.supplier_id
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = lines.ordered_currency AND rates.valid_from <= lines.cohort_at
GROUP BY
    document_type,
    document_id

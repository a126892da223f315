-- title: Spend off contract
-- unit: ratio
-- better: lower
-- topic: compliance
-- overview: yes
-- grain: po_line; an order without priced lines counts as a whole
-- documents: po_line, purchase_order
-- reads: po_line, purchase_order
-- cohort: released; while not released, created
-- calendar: none
-- needs: contracts, value_assumptions
-- definition: Value of released order lines without a contract – they name none that is valid at the release, and none
--   that is valid covers their supplier and category –, divided by the value of released order lines. A line names its
--   contract in the attribute `contract`, its own or its order's. Amounts are converted at the rate of the cohort's day into the
--   reporting currency; lines without supplier, amount or rate are left out. Open: created and neither released, rejected,
--   cancelled nor closed.
-- benchmark: on-contract 72.1 % (2018), 64.9 % (2019), Coupa
-- minimum_n: 20
SELECT
    document_type,
    document_id,
    document_id AS subject_id,
    cohort_at,
    released AND supplier_id != '' AND spent > 0 AS counted,
    NOT released AND NOT dropped AS open,
    multiIf(counted OR open, '', NOT released, 'rejected, cancelled or closed', supplier_id = '', 'no supplier is known', spent = 0, 'no amount', 'no rate') AS reason,
    if(counted AND NOT named AND NOT covered, spent, 0) AS value,
    if(counted, spent, 0) AS weight,
    facets
FROM (
    -- include shared/contract-coverage
)

-- title: Budget overrun
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: purchase_order and budget
-- documents: purchase_order
-- reads: purchase_order
-- keys: budget
-- cohort: released or sent
-- calendar: none
-- needs: budgets, value_assumptions
-- definition: What orders commit over the remaining budget, divided by what they commit. The budget of an order is that of its
--   entity and period, and of its cost centre or else its budget owner where the budget names one; earlier orders use it up, cancelled
--   ones do not. Orders without a budget in their currency, an amount, or a rate of the day into the reporting currency are left
--   out.
-- benchmark: none
-- minimum_n: 20
WITH
    budgets AS (
        SELECT
            key AS budget,
            JSONExtractString(body, 'entity') AS of_entity,
            JSONExtractString(body, 'cost_centre') AS centre,
            JSONExtractString(body, 'budget_owner') AS owner,
            JSONExtractString(body, 'period') AS of_period,
            toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'amount'))) AS available,
            JSONExtractString(body, 'currency') AS of_currency
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'budgets'
    )
SELECT
    document_type,
    document_id,
    budget AS subject_id,
    at AS cohort_at,
    if(at < rates.valid_to, rates.rate, 0) AS rate,
    rate > 0 AS counted,
    0 AS open,
    if(counted, '', 'no rate') AS reason,
    if(counted, least(stated, greatest(committed - available, 0)) * rate, 0) AS value,
    if(counted, stated * rate, 0) AS weight,
    facets
FROM (
    SELECT
        orders.document_type AS document_type,
        orders.document_id AS document_id,
        orders.at AS at,
        orders.code AS code,
        orders.stated AS stated,
        orders.facets AS facets,
        budgets.budget AS budget,
        budgets.available AS available,
        sum(orders.stated) OVER (
            PARTITION BY budgets.budget
            ORDER BY orders.at, orders.document_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS committed
    FROM (
        SELECT
            toString(document_type) AS document_type,
            document_id,
            at,
            toString(entity) AS of_entity,
            toString(budget_owner) AS owner_said,
            cost_centre,
            toString(currency) AS code,
            toFloat64(assumeNotNull(amount)) AS stated,
            arrayJoin([
                toString(toYear(at)),
                concat(toString(toYear(at)), '-Q', toString(toQuarter(at))),
                formatDateTime(at, '%Y-%m')
            ]) AS period,
            CAST(
                tuple(entity, business_unit, plant, region, risk_category, budget_owner, spend_category, supplier, approver, system, '', currency),
                'Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String)'
            ) AS facets
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'purchase_order'
            AND at > toDateTime64(0, 6, 'UTC')
            AND dropped_at <= at
            AND amount > 0
    ) AS orders
    INNER JOIN budgets ON budgets.of_entity = orders.of_entity AND budgets.of_period = orders.period AND budgets.of_currency = orders.code
    WHERE if(budgets.centre != '', budgets.centre = orders.cost_centre, budgets.owner IN ('', orders.owner_said))
) AS spent
ASOF LEFT JOIN (
    -- include shared/reporting-rates
) AS rates ON rates.currency = spent.code AND rates.valid_from <= spent.at
WHERE
    -- include shared/is-in-scope

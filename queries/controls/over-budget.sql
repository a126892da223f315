-- title: Commitment over budget
-- version: 1
-- category: budget
-- severity: medium
-- grain: purchase_order
-- documents: purchase_order
-- keys: budget
-- guards: po.released
-- needs: budgets
-- definition: With the order, the orders released in the period of a budget exceed it: those of its entity, and of its
--   cost centre or else its budget owner where it names one. Cancelled orders do not count; orders in another currency
--   than the budget are left out.
WITH
    budgets AS (
        SELECT
            key AS budget,
            JSONExtractString(body, 'entity') AS entity,
            JSONExtractString(body, 'cost_centre') AS centre,
            JSONExtractString(body, 'budget_owner') AS owner,
            JSONExtractString(body, 'period') AS period,
            toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'amount'))) AS available,
            JSONExtractString(body, 'currency') AS currency
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'budgets' AND valid_to > now64(6, 'UTC')
    )
SELECT
    'purchase_order' AS document_type,
    document_id,
    budget AS subject_id,
    'budget' AS category,
    at AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    CAST(least(stated, committed - available), 'Nullable(Decimal(18, 4))') AS amount,
    currency,
    '' AS offender,
    [evidence] AS evidence,
    concat(
        'With this order ',
        toString(round(committed, 2)),
        ' ',
        currency,
        ' are committed of the budget ',
        budget,
        ', which is ',
        toString(available),
        ' ',
        currency,
        '.'
    ) AS detail
FROM (
    SELECT
        orders.document_type AS document_type,
        orders.document_id AS document_id,
        orders.at AS at,
        orders.evidence AS evidence,
        orders.currency AS currency,
        orders.stated AS stated,
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
            evidence,
            toString(entity) AS entity,
            toString(budget_owner) AS budget_owner,
            cost_centre,
            toString(currency) AS currency,
            toFloat64(assumeNotNull(amount)) AS stated,
            arrayJoin([
                toString(toYear(at)),
                concat(toString(toYear(at)), '-Q', toString(toQuarter(at))),
                formatDateTime(at, '%Y-%m')
            ]) AS period
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'purchase_order'
            AND at > toDateTime64(0, 6, 'UTC')
            AND dropped_at <= at
            AND amount IS NOT NULL
    ) AS orders
    INNER JOIN budgets ON budgets.entity = orders.entity AND budgets.period = orders.period AND budgets.currency = orders.currency
    WHERE if(
        budgets.centre != '',
        budgets.centre = orders.cost_centre,
        budgets.owner IN ('', orders.budget_owner)
    )
)
WHERE committed > available
    AND
    -- include shared/is-in-scope

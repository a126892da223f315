-- By month: touches of finished documents, answers of suppliers, and what KPIs of value count.
SELECT
    month,
    kpi AS figure,
    sum(n) AS n,
    sum(value) AS value_sum,
    sum(weight) AS weight_sum
FROM (
    SELECT
        formatDateTime(cohort_day, '%Y-%m') AS month,
        kpi,
        n,
        value,
        weight
    FROM sightline.kpi_days FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kpi IN ('off-contract-spend', 'discount-capture', 'late-payment-value', 'duplicate-before-payment', 'duplicate-value')
        AND cohort_day >= toDate32({from:DateTime64(6, 'UTC')})
        AND cohort_day < toDate32({to:DateTime64(6, 'UTC')})
    UNION ALL
    SELECT
        formatDateTime(assumeNotNull(closed_at), '%Y-%m') AS month,
        concat('touches ', document_type) AS kpi,
        1 AS n,
        toFloat64(touches) AS value,
        1 AS weight
    FROM sightline.documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type IN ('invoice', 'requisition')
        AND outcome = 'done'
        AND closed_at >= {from:DateTime64(6, 'UTC')}
        AND closed_at < {to:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT
        formatDateTime(opened_at, '%Y-%m') AS month,
        'answers' AS kpi,
        answers AS n,
        answer_s AS value,
        answers AS weight
    FROM sightline.documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type IN ('invoice', 'requisition', 'purchase_order', 'onboarding')
        AND answers > 0
        AND opened_at >= {from:DateTime64(6, 'UTC')}
        AND opened_at < {to:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT
        formatDateTime(decided_at, '%Y-%m') AS month,
        'remediated' AS kpi,
        1 AS n,
        1 AS value,
        1 AS weight
    FROM sightline.violation_states FINAL
    WHERE tenant_id = {tenant_id:String}
        AND state = 'remediated'
        AND decided_at >= {from:DateTime64(6, 'UTC')}
        AND decided_at < {to:DateTime64(6, 'UTC')}
)
GROUP BY
    month,
    figure
ORDER BY
    month,
    figure

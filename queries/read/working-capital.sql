-- Money that is bound and money that is owed, by what it is and when it is due.
SELECT
    part,
    bucket,
    toString(currency) AS money_currency,
    count() AS n,
    toString(sum(open_amount)) AS total,
    sum(toFloat64(open_amount) * rate) AS worth,
    countIf(rate = 0) AS unconverted,
    sum(toFloat64(open_amount) * rate * weight) AS weighted
FROM (
    SELECT
        'commitment' AS part,
        multiIf(
            opened_at >= {now:DateTime64(6, 'UTC')} - INTERVAL 30 DAY, 'young',
            opened_at >= {now:DateTime64(6, 'UTC')} - INTERVAL 90 DAY, 'month',
            'quarter'
        ) AS bucket,
        currency,
        rate,
        greatest(amount - invoiced, toDecimal64(0, 4)) AS open_amount,
        0 AS weight
    FROM sightline.open_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type = 'purchase_order'
        AND amount > invoiced
        AND opened_at <= {now:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT
        'payable' AS part,
        multiIf(
            due_at IS NULL, 'undated',
            due_at < {now:DateTime64(6, 'UTC')} - INTERVAL 30 DAY, 'overdue_30',
            due_at < {now:DateTime64(6, 'UTC')}, 'overdue',
            due_at < {now:DateTime64(6, 'UTC')} + INTERVAL 7 DAY, 'week',
            due_at < {now:DateTime64(6, 'UTC')} + INTERVAL 30 DAY, 'month',
            due_at < {now:DateTime64(6, 'UTC')} + INTERVAL 60 DAY, 'two_months',
            'later'
        ) AS bucket,
        currency,
        rate,
        amount AS open_amount,
        0 AS weight
    FROM sightline.open_documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type = 'invoice'
        AND amount > 0
        AND opened_at <= {now:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT
        'paid' AS part,
        'window' AS bucket,
        currency,
        rate,
        amount AS open_amount,
        dateDiff('second', opened_at, assumeNotNull(paid_at)) / 86400 AS weight
    FROM sightline.documents FINAL
    WHERE tenant_id = {tenant_id:String}
        AND document_type = 'invoice'
        AND paid_at >= {from:DateTime64(6, 'UTC')}
        AND paid_at < {to:DateTime64(6, 'UTC')}
        AND amount > 0
)
GROUP BY
    part,
    bucket,
    money_currency
ORDER BY
    part,
    bucket,
    money_currency

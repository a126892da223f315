SELECT
    'document' AS kind,
    toString(document_type) AS type,
    document_id AS id,
    document_type AS of_type,
    document_id AS of_id,
    toString(waits_on) AS waits,
    waits_id AS waits_for,
    waits_at AS waiting_since,
    opened_at AS since,
    stage,
    toFloat64(amount) AS document_amount,
    toString(currency) AS document_currency,
    document_amount * rate AS worth,
    amount > 0 AND rate = 0 AS is_unconverted,
    supplier,
    entity
FROM sightline.open_documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND opened_at <= {now:DateTime64(6, 'UTC')}
    AND document_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval')
UNION ALL
SELECT
    'exception' AS kind,
    'exception' AS type,
    exception.id AS id,
    document_type AS of_type,
    document_id AS of_id,
    exception.class AS waits,
    exception.category AS waits_for,
    exception.raised_at AS waiting_since,
    exception.raised_at AS since,
    stage,
    toFloat64(amount) AS document_amount,
    toString(currency) AS document_currency,
    document_amount * rate AS worth,
    amount > 0 AND rate = 0 AS is_unconverted,
    supplier,
    entity
FROM sightline.open_documents FINAL
ARRAY JOIN exceptions AS exception
WHERE tenant_id = {tenant_id:String}
    AND document_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding')
    AND exception.raised_at <= {now:DateTime64(6, 'UTC')}

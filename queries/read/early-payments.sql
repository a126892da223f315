-- Open invoices whose early-payment discount can still be taken, those that end first before the others.
SELECT
    document_id AS id,
    supplier,
    toString(amount) AS amount_text,
    toString(currency) AS money_currency,
    if(rate = 0, NULL, toFloat64(amount) * discount * rate) AS worth,
    discount,
    discount_until AS until_at,
    due_at,
    if(due_at > discount_until AND discount < 1, discount / (1 - discount) * 365 / (dateDiff('second', discount_until, due_at) / 86400), NULL) AS yearly,
    waits_on,
    count() OVER () AS total,
    sum(if(rate = 0, 0, toFloat64(amount) * discount * rate)) OVER () AS worth_total
FROM sightline.open_documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND document_type = 'invoice'
    AND discount > 0
    AND discount_until > {now:DateTime64(6, 'UTC')}
    AND opened_at <= {now:DateTime64(6, 'UTC')}
ORDER BY
    until_at,
    id
LIMIT 200

-- Orders placed in a window by group and currency: what they are worth in their currency, and in the reporting currency at the rate of
-- their day.
SELECT
    multiIf({by:String} = 'category', category, {by:String} = 'supplier', supplier, {by:String} = 'entity', entity, formatDateTime(opened_at, '%Y-%m')) AS `group`,
    toString(currency) AS money_currency,
    count() AS n,
    countIf(closed_at IS NULL) AS unfinished,
    toString(sum(amount)) AS total,
    sum(toFloat64(amount) * rate) AS worth,
    countIf(amount > 0 AND rate = 0) AS unconverted
FROM sightline.documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND document_type = 'purchase_order'
    AND outcome != 'dropped'
    AND amount > 0
    AND opened_at >= {from:DateTime64(6, 'UTC')}
    AND opened_at < {to:DateTime64(6, 'UTC')}
    AND ({category:String} = '' OR category = {category:String})
    AND ({supplier:String} = '' OR supplier = {supplier:String})
    AND ({entity:String} = '' OR entity = {entity:String})
GROUP BY
    `group`,
    money_currency
ORDER BY
    worth DESC,
    `group`

SELECT
    currency,
    valid_from,
    valid_to,
    rate
FROM sightline.reporting_rates FINAL
WHERE tenant_id = {tenant_id:String}

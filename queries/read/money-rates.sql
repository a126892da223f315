-- What one unit of each currency is worth in the tenant's reporting currency at an instant, and which that is.
SELECT
    currency,
    argMax(rate, valid_from) AS rate_now,
    (
        SELECT argMax(JSONExtractString(body, 'currency'), valid_from)
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'value_assumptions'
    ) AS reporting_currency
FROM (
    -- include shared/reporting-rates
)
WHERE valid_from <= {at:DateTime64(6, 'UTC')} AND {at:DateTime64(6, 'UTC')} < valid_to
GROUP BY currency
ORDER BY currency

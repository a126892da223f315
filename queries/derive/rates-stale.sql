-- Whether the compiled rates are older than the reference data that they follow from.
SELECT
    (
        SELECT max(version)
        FROM sightline.reference
        WHERE tenant_id = {tenant_id:String} AND kind IN ('rates', 'value_assumptions')
    ) > (
        SELECT max(version)
        FROM sightline.reporting_rates
        WHERE tenant_id = {tenant_id:String}
    ) AS stale

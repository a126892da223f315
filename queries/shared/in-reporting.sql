-- Rows of `wanted` with their amount in the tenant's reporting currency at the rate of the day: `reported`, null where no rate is known.
SELECT
    * EXCEPT (own_units, reporting_units, reporting_code),
    if(reporting_code = '', toString(currency), reporting_code) AS reporting_code,
    multiIf(
        amount IS NULL, NULL,
        currency = reporting_code OR reporting_code = '', toFloat64(assumeNotNull(amount)),
        own_units = 0 OR reporting_units = 0, NULL,
        toFloat64(assumeNotNull(amount)) / own_units * reporting_units
    ) AS reported
FROM (
    SELECT
        converted.*,
        rates.units AS reporting_units
    FROM (
        SELECT
            at_hand.*,
            rates.units AS own_units
        FROM (
            SELECT
                *,
                (SELECT code FROM reporting) AS reporting_code
            FROM wanted
        ) AS at_hand
        ASOF LEFT JOIN rates ON rates.code = at_hand.currency AND rates.valid_from <= at_hand.at
    ) AS converted
    ASOF LEFT JOIN rates ON rates.code = converted.reporting_code AND rates.valid_from <= converted.at
)

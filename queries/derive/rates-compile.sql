-- Compiles the rates into the tenant's reporting currency – stated, turned round, or across a third currency of the same day – and takes
-- back those that no longer follow.
INSERT INTO sightline.reporting_rates
WITH
    (
        SELECT max(version)
        FROM sightline.reference
        WHERE tenant_id = {tenant_id:String} AND kind IN ('rates', 'value_assumptions')
    ) AS newest,
    compiled AS (
        SELECT
            arrayJoin(
                arrayConcat(
                    direct,
                    arrayFilter(
                        leg -> leg.1 != reporting AND NOT has(arrayMap(near -> near.1, direct), leg.1),
                        arrayMap(quote -> (quote.1, quote.3 * arrayFirst(near -> near.1 = quote.2, direct).2), both)
                    )
                )
            ) AS rated,
            rated.1 AS currency,
            if(rated.2 > 0, rated.2, 0) AS rate,
            valid_from,
            valid_to
        FROM (
            SELECT
                (
                    SELECT argMax(JSONExtractString(body, 'currency'), valid_from)
                    FROM sightline.reference FINAL
                    WHERE tenant_id = {tenant_id:String} AND kind = 'value_assumptions'
                ) AS reporting,
                arrayConcat(groupArray((one, other, ratio)), groupArray((other, one, 1 / ratio))) AS both,
                arrayMap(quote -> (quote.1, quote.3), arrayFilter(quote -> quote.2 = reporting, both)) AS direct,
                valid_from,
                min(until) AS valid_to
            FROM (
                SELECT
                    if(kind = 'rates', JSONExtractString(body, 'from'), JSONExtractString(body, 'currency')) AS one,
                    if(kind = 'rates', JSONExtractString(body, 'to'), one) AS other,
                    if(kind = 'rates', toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'rate'))), 1) AS ratio,
                    if(kind = 'rates', valid_from, toDateTime64('1970-01-01 00:00:00', 6, 'UTC')) AS valid_from,
                    if(kind = 'rates', valid_to, toDateTime64('2250-01-01 00:00:00', 6, 'UTC')) AS until
                FROM sightline.reference FINAL
                WHERE tenant_id = {tenant_id:String} AND kind IN ('rates', 'value_assumptions')
            )
            WHERE ratio > 0
            GROUP BY valid_from
        )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    currency,
    valid_from,
    max(valid_to) AS valid_to,
    max(rate) AS rate,
    newest AS version,
    min(is_former) AS is_deleted
FROM (
    SELECT
        currency,
        valid_from,
        valid_to,
        rate,
        0 AS is_former
    FROM compiled
    UNION ALL
    SELECT
        currency,
        valid_from,
        valid_from AS valid_to,
        0 AS rate,
        1 AS is_former
    FROM sightline.reporting_rates FINAL
    WHERE tenant_id = {tenant_id:String}
)
GROUP BY
    currency,
    valid_from

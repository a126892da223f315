-- Units of a currency for one of the common one, from a day on: what `rates` say from the common currency (that of most pairs) to others.
rates AS (
    SELECT
        JSONExtractString(body, 'to') AS code,
        valid_from,
        min(toFloat64OrZero(trim(BOTH '"' FROM JSONExtractRaw(body, 'rate')))) AS units
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String}
        AND kind = 'rates'
        AND JSONExtractString(body, 'from') = (
            SELECT argMax(base, (pairs, base))
            FROM (
                SELECT
                    JSONExtractString(body, 'from') AS base,
                    uniqExact(key) AS pairs
                FROM sightline.reference FINAL
                WHERE tenant_id = {tenant_id:String} AND kind = 'rates'
                GROUP BY base
            )
        )
    GROUP BY code, valid_from
    UNION ALL
    SELECT
        argMax(base, (pairs, base)) AS code,
        toDateTime64(0, 6, 'UTC') AS valid_from,
        1. AS units
    FROM (
        SELECT
            JSONExtractString(body, 'from') AS base,
            uniqExact(key) AS pairs
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'rates'
        GROUP BY base
    )
),
reporting AS (
    SELECT any(JSONExtractString(body, 'currency')) AS code
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'value_assumptions'
)

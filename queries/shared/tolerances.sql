-- What policies tolerate, stretch by stretch, by category and name; one may be replaced for a replay.
tolerances AS (
    SELECT
        concat(JSONExtractString(body, 'category'), ' ', tolerance.1) AS place,
        valid_from,
        min((key, JSONExtractString(body, 'version'), valid_to, tolerance.2)) AS stated,
        stated.1 AS policy,
        stated.2 AS policy_version,
        stated.3 AS until,
        if(place = {tolerance_name:String}, {tolerance_value:Float64}, stated.4) AS tolerated
    FROM sightline.reference FINAL
    ARRAY JOIN JSONExtractKeysAndValues(body, 'tolerances', 'Float64') AS tolerance
    WHERE tenant_id = {tenant_id:String} AND kind = 'policies'
    GROUP BY place, valid_from
)

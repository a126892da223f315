FROM (
    SELECT
        steps.object_id AS object_id,
        steps.first AS first,
        steps.first.1 AS at,
        arrayFilter(field -> NOT has(said.names, field), wanted_fields) AS missing,
        policy_category AS category_place
    FROM (
        SELECT
            object_id,
            argMin((occurred_at, event_id, actor_id), (occurred_at, seq, place_id)) AS first
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type = 'invoice'
            AND activity = 'invoice.posted'
        GROUP BY object_id
    ) AS steps
    LEFT JOIN (
        SELECT
            object_id,
            groupUniqArray(toString(name)) AS names
        FROM sightline.object_state FINAL
        WHERE
            -- include shared/stored-in-scope
            AND object_type = 'invoice'
            AND value != ''
        GROUP BY object_id
    ) AS said USING (object_id)
) AS posted
ASOF INNER JOIN (
    SELECT
        JSONExtractString(body, 'category') AS place,
        valid_from,
        min((key, JSONExtractString(body, 'version'), valid_to)) AS policy
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'policies'
    GROUP BY place, valid_from
) AS rule ON rule.place = posted.category_place AND rule.valid_from <= posted.at
WHERE notEmpty(missing) AND posted.at < rule.policy.3

-- Whom an account leads to, stretch by stretch: the person, or the owner of a service account or bot; and whom that person stands in for.
accounts AS (
    SELECT
        account,
        valid_from,
        min(valid_to) AS until,
        min(leads_to) AS leads_to,
        min(stands_for) AS stands_for,
        groupUniqArrayArray(roles) AS roles
    FROM (
        SELECT
            arrayJoin(arrayDistinct(arrayPushBack(JSONExtract(body, 'accounts', 'Array(String)'), key))) AS account,
            valid_from,
            valid_to,
            if(JSONExtractString(body, 'owner') = '', key, JSONExtractString(body, 'owner')) AS leads_to,
            JSONExtractString(body, 'delegate_of') AS stands_for,
            JSONExtract(body, 'roles', 'Array(String)') AS roles
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'identities'
    )
    GROUP BY account, valid_from
)

-- Onboardings requested in a window: the instants of their milestones, their waits for the supplier and for approvals, and who ended each
-- stage.
SELECT
    object_id AS id,
    arraySort(groupArrayIf((toUnixTimestamp64Micro(occurred_at), seq, activity, actor_kind, actor_id), startsWith(activity, 'onboarding.') AND events.class IN ('none', 'business'))) AS milestones,
    arraySort(groupArrayIf(toUnixTimestamp64Micro(occurred_at), activity = 'sent_to_supplier')) AS sent,
    arraySort(groupArrayIf(toUnixTimestamp64Micro(occurred_at), activity = 'supplier_answered')) AS answered,
    arraySort(groupArrayIf(toUnixTimestamp64Micro(occurred_at), activity = 'approval.requested')) AS asked,
    arraySort(groupArrayIf(toUnixTimestamp64Micro(occurred_at), activity = 'approval.decided')) AS decided,
    uniqExactIf(exception_id, exception_state = 'raised' AND events.class = 'business') AS exceptions,
    max(entity) AS entity_of,
    max(risk_category) AS risk,
    max(events.supplier) AS supplier_id,
    any(state.country) AS supplier_country,
    any(state.state_risk) AS supplier_risk,
    any(reference.supplier_class) AS supplier_class
FROM (
    SELECT *
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'onboarding'
        AND object_id IN (
            -- include shared/onboardings-in-window
        )
        AND live
) AS events
LEFT JOIN (
    SELECT
        object_id AS supplier,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'country') AS country,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'risk_category') AS state_risk
    FROM sightline.object_state FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = 'supplier'
        AND object_id IN (
            SELECT DISTINCT supplier
            FROM sightline.object_events
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'onboarding'
                AND object_id IN (
                    -- include shared/onboardings-in-window
                )
        )
        AND live
        AND name IN ('country', 'risk_category')
    GROUP BY supplier
) AS state ON state.supplier = events.supplier
LEFT JOIN (
    SELECT
        key AS supplier,
        argMax(JSONExtractString(body, 'class'), valid_from) AS supplier_class
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
    GROUP BY supplier
) AS reference ON reference.supplier = events.supplier
GROUP BY object_id
HAVING minIf(occurred_at, activity = 'onboarding.requested') >= {from:DateTime64(6, 'UTC')}
    AND minIf(occurred_at, activity = 'onboarding.requested') < {to:DateTime64(6, 'UTC')}
    AND countIf(activity = 'onboarding.requested') > 0
ORDER BY id

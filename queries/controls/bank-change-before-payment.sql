-- title: Bank details changed shortly before a payment
-- version: 1
-- category: eligibility
-- severity: critical
-- grain: payment
-- documents: payment, supplier
-- keys: supplier
-- guards: payment.released
-- needs: suppliers
-- tolerances: days
-- definition: A payment was released within `days` (10) of a policy of the category eligibility after the supplier's
--   bank details changed: by an event `supplier.bank_changed`, or by another bank reference in the supplier's record.
WITH
    -- include shared/tolerances,
    changes AS (
        SELECT
            supplier,
            at,
            groupArrayIf(event_id, from_event) AS events
        FROM (
            SELECT
                object_id AS supplier,
                occurred_at AS at,
                event_id,
                true AS from_event
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'supplier'
                AND live
                AND activity = 'supplier.bank_changed'
                AND object_id IN (SELECT supplier FROM released)
            UNION ALL
            SELECT
                supplier,
                at,
                toUUID('00000000-0000-0000-0000-000000000000') AS event_id,
                false AS from_event
            FROM (
                SELECT
                    key AS supplier,
                    valid_from AS at,
                    JSONExtractString(body, 'bank_ref') AS bank,
                    lagInFrame(bank) OVER (PARTITION BY key ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
                FROM sightline.reference FINAL
                WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
            )
            WHERE bank != '' AND before != '' AND bank != before
        )
        GROUP BY supplier, at
    ),
    released AS (
        SELECT
            object_id,
            argMin(event_id, (occurred_at, seq, place_id)) AS event_id,
            argMin(actor_id, (occurred_at, seq, place_id)) AS actor_id,
            min(occurred_at) AS at,
            any(documents.supplier) AS supplier
        FROM (
            SELECT *
            FROM sightline.object_events FINAL
            WHERE
                -- include shared/stored-in-scope
                AND object_type = 'payment'
                AND activity = 'payment.released'
        ) AS steps
        INNER JOIN (
            SELECT
                document_id AS object_id,
                toString(supplier) AS supplier
            FROM sightline.control_documents FINAL
            WHERE
                -- include shared/documents-in-scope
                AND document_type = 'payment'
                AND supplier != ''
        ) AS documents USING (object_id)
        GROUP BY object_id
    )
SELECT
    'payment' AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'eligibility' AS category,
    released_at AS detected_at,
    'critical' AS severity,
    policy AS policy_id,
    policy_version,
    NULL AS amount,
    '' AS currency,
    actor_id AS offender,
    arrayPushBack(changed_by, released_by) AS evidence,
    concat(
        'Released ',
        toString(round((toUnixTimestamp64Micro(released_at) - toUnixTimestamp64Micro(changed_at)) / 86400000000, 1)),
        ' days after the bank details of ',
        supplier,
        ' changed on ',
        toString(toDate(changed_at)),
        '; the hold is ',
        toString(days),
        ' days.'
    ) AS detail
FROM (
    SELECT
        paid.object_id AS object_id,
        paid.event_id AS released_by,
        paid.actor_id AS actor_id,
        paid.at AS released_at,
        paid.supplier AS supplier,
        changes.at AS changed_at,
        changes.events AS changed_by,
        if(paid.at < hold.until, hold.policy, '') AS policy,
        if(paid.at < hold.until, hold.policy_version, '') AS policy_version,
        if(paid.at < hold.until AND hold.tolerated > 0, hold.tolerated, 10) AS days
    FROM (
        SELECT
            *,
            'eligibility days' AS hold_place
        FROM released
    ) AS paid
    ASOF INNER JOIN changes ON changes.supplier = paid.supplier AND changes.at < paid.at
    ASOF LEFT JOIN tolerances AS hold ON hold.place = paid.hold_place AND hold.valid_from <= paid.at
)
WHERE toUnixTimestamp64Micro(released_at) - toUnixTimestamp64Micro(changed_at) <= days * 86400000000

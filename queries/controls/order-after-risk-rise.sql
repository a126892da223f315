-- title: Order advanced after the supplier's risk rose
-- version: 1
-- category: eligibility
-- severity: high
-- grain: purchase_order
-- documents: purchase_order
-- guards: po.sent, po.released
-- needs: suppliers
-- definition: An order was released or sent while the supplier's record said critical risk, or a high risk that had been
--   lower before. Each order once, at the first such step.
WITH
    risks AS (
        SELECT
            supplier,
            valid_from,
            until,
            risk,
            lagInFrame(risk) OVER (PARTITION BY supplier ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
        FROM (
            SELECT
                key AS supplier,
                valid_from,
                max(valid_to) AS until,
                min(JSONExtractString(body, 'risk')) AS risk
            FROM sightline.reference FINAL
            WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
            GROUP BY supplier, valid_from
        )
    )
SELECT
    'purchase_order' AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'eligibility' AS category,
    min(occurred_at) AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    argMin(actor_id, place) AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, event_id)))) AS evidence,
    concat(
        arrayStringConcat(arrayDistinct(arrayMap(one -> one.2, arraySort(groupArray((place, activity))))), ' and '),
        ' while the risk of ',
        any(supplier),
        ' was ',
        argMin(risk, place),
        ', since ',
        toString(toDate(argMin(since, place))),
        '.'
    ) AS detail
FROM (
    SELECT
        advanced.object_id AS object_id,
        advanced.event_id AS event_id,
        advanced.occurred_at AS occurred_at,
        advanced.place AS place,
        advanced.activity AS activity,
        advanced.actor_id AS actor_id,
        advanced.supplier AS supplier,
        risks.risk AS risk,
        risks.valid_from AS since
    FROM (
        SELECT
            object_id,
            event_id,
            occurred_at,
            (occurred_at, seq, place_id) AS place,
            toString(activity) AS activity,
            actor_id,
            toString(documents.supplier) AS supplier
        FROM (
            SELECT *
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND object_type = 'purchase_order'
                AND activity IN ('po.released', 'po.sent')
        ) AS steps
        INNER JOIN (
            SELECT
                document_id AS object_id,
                supplier
            FROM sightline.control_documents FINAL
            WHERE
                -- include shared/documents-in-scope
                AND document_type = 'purchase_order'
        ) AS documents USING (object_id)
    ) AS advanced
    ASOF INNER JOIN risks ON risks.supplier = advanced.supplier AND risks.valid_from <= advanced.occurred_at
    WHERE advanced.occurred_at < risks.until
        AND (risks.risk = 'critical' OR risks.risk = 'high' AND risks.before IN ('low', 'medium'))
)
GROUP BY object_id

-- title: Over tolerance accepted without reason
-- version: 1
-- category: threshold
-- severity: medium
-- grain: invoice
-- documents: requisition, purchase_order, invoice, payment
-- guards: invoice.matched
-- needs: none
-- definition: A price or quantity variance was accepted (`resolution` accepted, waived or overridden of the resolved
--   exception), and nobody said why (`reason`).
SELECT
    object_type AS document_type,
    object_id AS document_id,
    exception_id AS subject_id,
    'threshold' AS category,
    min(resolved.occurred_at) AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    argMin(actor_id, place) AS offender,
    arrayMap(one -> one.2, arraySort(groupArray((place, resolved.event_id)))) AS evidence,
    concat(
        'Variance ',
        argMin(code, place),
        ' (exception ',
        exception_id,
        ') was ',
        argMin(JSONExtractString(attributes, 'resolution'), place),
        ' without a reason.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        event_id,
        content_hash,
        exception_id,
        occurred_at,
        (occurred_at, seq, place_id) AS place,
        actor_id,
        toString(code) AS code
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND leads
        AND exception_state = 'resolved'
        AND (object_type, object_id, exception_id) IN (
            SELECT
                object_type,
                object_id,
                exception_id
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND exception_state = 'raised'
                AND category IN ('match.price', 'match.quantity')
        )
) AS resolved
INNER JOIN (
    SELECT
        event_id,
        content_hash,
        any(attributes) AS attributes
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            SELECT event_id
            FROM sightline.{timelines:Identifier} FINAL
            WHERE
                -- include shared/in-scope
                AND exception_state = 'resolved'
        )
    GROUP BY event_id, content_hash
) AS told USING (event_id, content_hash)
WHERE JSONExtractString(attributes, 'resolution') IN ('accepted', 'waived', 'overridden')
    AND trimBoth(JSONExtractString(attributes, 'reason')) = ''
GROUP BY object_type, object_id, exception_id

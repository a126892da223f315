-- title: Order after the invoice
-- version: 1
-- category: exception
-- severity: medium
-- grain: purchase_order
-- documents: purchase_order
-- guards: po.created
-- needs: none
-- definition: An order was created after an invoice for it had been received: the purchase was made without one.
SELECT
    object_type AS document_type,
    object_id AS document_id,
    '' AS subject_id,
    'exception' AS category,
    created.1 AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    created.3 AS offender,
    [came.2, created.2] AS evidence,
    concat(
        'Ordered ',
        toString(round(dateDiff('second', came.1, created.1) / 3600, 1)),
        ' h after an invoice for it was received.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        argMinIf((occurred_at, event_id, actor_id), (occurred_at, seq, place_id), activity = 'po.created') AS created,
        argMinIf((occurred_at, event_id), (occurred_at, seq, place_id), activity = 'invoice.received') AS came
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'purchase_order'
    GROUP BY object_type, object_id
    HAVING countIf(activity = 'po.created') > 0 AND countIf(activity = 'invoice.received') > 0
)
WHERE came.1 < created.1

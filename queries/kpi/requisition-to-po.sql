-- title: Requisition to purchase order
-- unit: s
-- better: lower
-- topic: cycle time
-- overview: yes
-- grain: requisition
-- documents: requisition
-- reads: requisition, purchase_order
-- cohort: first submitted
-- calendar: elapsed
-- definition: First release of a purchase order of the requisition minus its first submission, elapsed time; the two belong
--   together when an event names both. Orders released before the submission answer no requisition and are left out. Open:
--   submitted and neither ordered nor rejected, withdrawn or cancelled since the last submission.
-- benchmark: leaders 11.6 h (Coupa 2018); best 5 h, worst 48 h (APQC)
-- minimum_n: 20
SELECT
    'requisition' AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    cohort_at,
    arrayFilter(released_at -> released_at >= cohort_at, releases) AS answers,
    notEmpty(answers) AS counted,
    empty(releases) AND NOT dropped AS open,
    multiIf(counted OR open, '', notEmpty(releases), 'ordered before it was submitted', 'rejected, withdrawn or cancelled') AS reason,
    if(counted, (toUnixTimestamp64Micro(arrayMin(answers)) - toUnixTimestamp64Micro(cohort_at)) / 1e6, 0) AS value,
    1 AS weight,
    facets
FROM (
    SELECT
        object_id,
        minIf(occurred_at, activity = 'requisition.submitted') AS cohort_at,
        maxIf(occurred_at, activity IN ('requisition.rejected', 'requisition.withdrawn', 'requisition.cancelled'))
            > maxIf(occurred_at, activity = 'requisition.submitted') AS dropped,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type = 'requisition'
    GROUP BY object_id
    HAVING countIf(activity = 'requisition.submitted') > 0
) AS requisitions
LEFT JOIN (
    SELECT
        requisition_id,
        groupUniqArray(released_at) AS releases
    FROM (
        -- include shared/requisition-orders
    ) AS pairs
    INNER JOIN (
        SELECT
            object_id AS purchase_order_id,
            occurred_at AS released_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'purchase_order'
            AND activity = 'po.released'
            AND live
            AND object_id IN (
                SELECT purchase_order_id
                FROM (
                    -- include shared/requisition-orders
                )
            )
    ) AS released USING (purchase_order_id)
    GROUP BY requisition_id
) AS ordered ON ordered.requisition_id = requisitions.object_id

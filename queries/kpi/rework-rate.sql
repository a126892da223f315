-- title: Rework
-- unit: ratio
-- better: lower
-- topic: quality
-- overview: yes
-- grain: requisition, purchase_order, invoice or onboarding
-- documents: requisition, purchase_order, invoice, onboarding
-- reads: requisition, purchase_order, invoice, onboarding
-- cohort: finished (first converted, closed, posted, paid or transactable, else last rejected, withdrawn or cancelled); while
--   unfinished, first event
-- calendar: none
-- definition: Finished documents that repeat one of their own steps or were changed, rejected or mismatched, divided by
--   finished documents. Own steps are those named after the document; retries of technical operations are none. Open: not
--   finished.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    countIf(completes) > 0 AS completed,
    completed OR countIf(drops) > 0 AS counted,
    NOT counted AS open,
    '' AS reason,
    multiIf(completed, minIf(occurred_at, completes), counted, maxIf(occurred_at, drops), min(occurred_at)) AS cohort_at,
    countIf(own AND is_step) > uniqExactIf(activity, own AND is_step) AS repeated,
    counted AND (repeated OR countIf(own AND match(activity, '\\.(changed|rejected|mismatched)$')) > 0) AS value,
    1 AS weight,
    -- include shared/facets
FROM (
    SELECT
        *,
        startsWith(activity, if(object_type = 'purchase_order', 'po.', concat(object_type, '.'))) AS own,
        own AND match(activity, '\\.(converted|closed|posted|transactable)$')
            OR object_type = 'invoice' AND activity IN ('payment.transmitted', 'payment.cleared') AS completes,
        own AND match(activity, '\\.(rejected|withdrawn|cancelled)$') AS drops
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'onboarding')
)
GROUP BY object_type, object_id

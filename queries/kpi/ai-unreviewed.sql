-- title: AI effects without review
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: AI action
-- documents: all
-- cohort: suggested or done
-- calendar: none
-- definition: Changes of a document and effects of recommendations by AI that no person had reviewed and decided before, divided by
--   all actions of AI, its suggestions among them.
-- benchmark: 0
-- minimum_n: 1
SELECT
    object_type AS document_type,
    object_id AS document_id,
    toString(action.1) AS subject_id,
    action.2 AS cohort_at,
    arrayFirst(review -> review.1 >= action.2, reviews).2 AS later,
    arrayLast(review -> review.1 <= action.2, reviews).2 AS earlier,
    if(action.4 != '', action.4, later) AS verdict,
    true AS counted,
    0 AS open,
    '' AS reason,
    action.3 != '' AND earlier = '' AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/ai-actions
)
ARRAY JOIN actions AS action

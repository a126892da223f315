-- title: AI suggestions overridden
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: AI action
-- documents: all
-- cohort: suggested or done
-- calendar: none
-- definition: Suggestions by AI that a person replaced by something else, divided by suggestions that a person decided on. The
--   decision is the first review after it on the same document. Open: not decided on.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    toString(action.1) AS subject_id,
    action.2 AS cohort_at,
    arrayFirst(review -> review.1 >= action.2, reviews).2 AS later,
    arrayLast(review -> review.1 <= action.2, reviews).2 AS earlier,
    if(action.4 != '', action.4, later) AS verdict,
    verdict != '' AS counted,
    NOT counted AS open,
    '' AS reason,
    counted AND verdict = 'overridden' AS value,
    1 AS weight,
    facets
FROM (
    -- include shared/ai-actions
)
ARRAY JOIN actions AS action
WHERE action.3 = ''

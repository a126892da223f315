-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.delay_history
SELECT * REPLACE (
    addDays(cohort_at, -{days:Int32}) AS cohort_at,
    addDays(first_at, -{days:Int32}) AS first_at,
    addDays(until_at, -{days:Int32}) AS until_at,
    addDays(due_at, -{days:Int32}) AS due_at,
    addDays(settled_at, -{days:Int32}) AS settled_at,
    arrayMap(one -> addDays(one, -{days:Int32}), segment_from_at) AS segment_from_at,
    arrayMap(one -> addDays(one, -{days:Int32}), segment_to_at) AS segment_to_at,
    arrayMap(one -> addDays(one, -{days:Int32}), shared_from_at) AS shared_from_at,
    arrayMap(one -> addDays(one, -{days:Int32}), shared_to_at) AS shared_to_at,
    concat({mark:String}, document_id) AS document_id
)
FROM sightline.delay_history AS rows
WHERE rows.tenant_id = {tenant:String}
    AND toDate(rows.cohort_at) >= toDate({since:String})
    AND rows.settled_at IS NOT NULL

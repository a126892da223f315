-- title: Finished documents: how many, how long, how many late, and what was shared
-- unit: microseconds, documents
-- grain: a row for each bucket and group of documents
SELECT
    cohort_at < {split:DateTime64(6, 'UTC')} AS earlier,
    -- include shared/kpi-bucket,
    if({grouped:Bool}, toString({group_by:Identifier}), '') AS `group`,
    count() AS documents,
    sum(dateDiff('microsecond', first_at, until_at)) AS elapsed,
    sum(technical_shared_us) AS technical_shared,
    sum(business_exception_shared_us) AS business_exception_shared,
    sum(supplier_shared_us) AS supplier_shared,
    sum(person_shared_us) AS person_shared,
    countIf(due_at IS NOT NULL AND settled_at IS NOT NULL) AS dated,
    countIf(late) AS late_documents
FROM (
    -- include {facts}
)
WHERE
    -- include shared/delay-scope
GROUP BY earlier, bucket, `group`
ORDER BY earlier, bucket, `group`

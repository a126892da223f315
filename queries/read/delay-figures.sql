-- title: Finished documents: how many, how long, how many late because of what, and what was shared
-- unit: microseconds, documents; `because` counts late documents by each set of causes and each set of systems without which they would not
-- have been late, `causes:` where there is no such set
-- grain: `whole` a row for the window and one for that before it, else one for each bucket and group of documents of the window
SELECT
    grouping(bucket) = 1 AS whole,
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
    countIf(late) AS late_documents,
    sumMap(
        mapFromArrays(
            arrayDistinct(arrayConcat(
                arrayMap(one -> concat('causes:', one), if(empty(late_because), [''], late_because)),
                arrayMap(one -> concat('systems:', one), late_because_systems))) AS reasons,
            arrayMap(one -> toUInt64(late), reasons))) AS because
FROM (
    -- include {facts}
)
WHERE
    -- include shared/delay-scope
GROUP BY GROUPING SETS ((earlier), (earlier, bucket, `group`))
HAVING whole OR NOT earlier
ORDER BY earlier, bucket, `group`

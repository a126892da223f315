-- Documents of one type, the latest active first. A verdict without an exception of its own counts as in exceptions.sql.
SELECT
    object_id AS id,
    count() AS events,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at,
    toUnixTimestamp64Micro(last_at) AS last_us,
    argMax(activity, place) AS last_activity,
    argMaxIf(supplier, place, supplier != '') AS last_supplier,
    argMaxIf(entity, place, entity != '') AS last_entity,
    uniqExactIf(exception_id, class = 'business' AND exception_state = 'raised') AS raised,
    countIf(class = 'technical' AND exception_state = 'raised' AND exception_caused_by != '') AS suppressed,
    countIf(
        class = 'business'
        AND exception_id = ''
        AND activity != 'policy.violated'
        AND source NOT IN (
            SELECT source
            FROM sightline.object_events FINAL
            WHERE tenant_id = {tenant_id:String}
                AND live
                AND exception_state = 'raised'
                AND class IN ('business', 'unknown')
        )
    ) AS judged,
    if(raised = 0 AND suppressed = 0 AND judged > 0, 1, raised) AS business_exceptions,
    uniqExactIf(operation_id, class = 'technical' AND operation_id != '') AS technical_failures
FROM (
    SELECT *, (occurred_at, seq, place_id) AS place
    FROM sightline.object_events FINAL
    WHERE tenant_id = {tenant_id:String}
        AND object_type = {type:String}
        AND ({q:String} = '' OR positionCaseInsensitiveUTF8(object_id, {q:String}) > 0)
        AND live
)
GROUP BY object_id
HAVING (last_us, id) < ({after_us:Int64}, {after_id:String})
ORDER BY last_us DESC, id DESC
LIMIT {limit:UInt32}

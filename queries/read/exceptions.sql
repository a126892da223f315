-- Business exceptions, technical failures and unknown ones in figures: by class, by class and category, and by bucket and class (`level`).
-- Durations are raised to resolved, first failure to success; a verdict has none. Hours, median by R-7.
SELECT
    multiIf(grouping(item_bucket) = 0, 'trend', grouping(item_category) = 0, 'category', 'class') AS level,
    item_bucket AS bucket,
    item_class AS class,
    item_category AS category,
    count() AS items,
    countIf(wanted) AS wanted_items,
    uniqExact(document_type, document_id) AS objects,
    countIf(resolved_at IS NULL) AS open,
    if(countIf(lasted) = 0, NULL, quantileExactInclusiveIf(0.5)(duration_us, lasted) / 3.6e9) AS median_hours
FROM (
    SELECT
        document_type,
        document_id,
        resolved_at,
        class AS item_class,
        category AS item_category,
        multiIf(
            {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', raised_at), 6, 'UTC'),
            {bucket:String} = 'day', toDateTime64(dateTrunc('day', raised_at), 6, 'UTC'),
            {bucket:String} = 'week', toDateTime64(dateTrunc('week', raised_at), 6, 'UTC'),
            {bucket:String} = 'month', toDateTime64(dateTrunc('month', raised_at), 6, 'UTC'),
            {from:DateTime64(6, 'UTC')}
        ) AS item_bucket,
        ({class:String} = '' OR item_class = {class:String}) AND ({category:String} = '' OR item_category = {category:String}) AS wanted,
        kind != 'verdict' AND resolved_at IS NOT NULL AS lasted,
        if(lasted, toUnixTimestamp64Micro(assumeNotNull(resolved_at)) - toUnixTimestamp64Micro(raised_at), 0) AS duration_us
    FROM sightline.exception_items FINAL
    WHERE tenant_id = {tenant_id:String}
        AND raised_day >= toDate32({from:DateTime64(6, 'UTC')})
        AND raised_day <= toDate32({to:DateTime64(6, 'UTC')})
        AND raised_at >= {from:DateTime64(6, 'UTC')}
        AND raised_at < {to:DateTime64(6, 'UTC')}
)
GROUP BY GROUPING SETS ((item_class), (item_class, item_category), (item_class, item_bucket))
ORDER BY level, bucket, class, items DESC, category

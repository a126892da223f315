-- Business exceptions, technical failures and unknown ones in figures: by class, by class and category, and by bucket and class (`level`).
-- An item is an exception (by its id), a technical operation that failed at least once, or a verdict without an exception of its own,
-- which is over as it is given and has no duration. Durations are raised to resolved, first failure to success; hours, median by R-7.
WITH
    -- One row an event, on the document that it is about rather than on every object that it names.
    signals AS (
        SELECT
            object_type,
            object_id,
            event_id,
            occurred_at,
            (occurred_at, seq, place_id) AS place,
            source,
            system,
            activity,
            class,
            category,
            reaction,
            code,
            exception_state,
            exception_caused_by,
            attempt,
            multiIf(
                operation_id != '' AND class = 'technical', 'operation',
                exception_id != '', 'exception',
                operation_id != '' AND class = 'none', 'operation',
                activity != 'policy.violated', 'verdict',
                ''
            ) AS kind,
            multiIf(
                kind = 'operation', operation_id,
                kind = 'exception', exception_id,
                concat(object_type, '/', object_id, ' ', class, ' ', category, ' ', operation_id)
            ) AS item_id
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND live
            AND kind != ''
            AND (
                class != 'none'
                OR exception_id != ''
                OR activity NOT IN ('operation.attempted', 'operation.abandoned')
                    AND lifecycle NOT IN ('scheduled', 'started')
                    AND operation_id IN (
                        SELECT operation_id
                        FROM sightline.object_events
                        WHERE tenant_id = {tenant_id:String}
                            AND class = 'technical'
                            AND operation_id != ''
                    )
            )
        ORDER BY
            event_id,
            object_type IN ('approval', 'supplier', 'workflow_run'),
            indexOf(['goods_receipt', 'payment', 'onboarding', 'requisition', 'purchase_order', 'invoice'], object_type) DESC,
            object_type,
            object_id
        LIMIT 1 BY event_id
    ),
    items AS (
        SELECT
            kind,
            item_id,
            argMinIf(object_type, place, class != 'none') AS document_type,
            argMinIf(object_id, place, class != 'none') AS document_id,
            argMinIf(class, place, class != 'none') AS item_class,
            argMinIf(category, place, class != 'none') AS item_category,
            argMinIf(reaction, place, class != 'none') AS item_reaction,
            argMinIf(code, place, class != 'none') AS item_code,
            argMinIf(system, place, class != 'none') AS item_system,
            argMinIf(source, place, class != 'none') AS item_source,
            argMinIf(event_id, place, class != 'none') AS raising_event_id,
            max(exception_caused_by) AS caused_by,
            uniqExactIf(attempt, kind = 'operation') AS attempts,
            minIf(occurred_at, class != 'none') AS raised_at,
            maxIf(occurred_at, class != 'none') AS failed_at,
            argMaxIf(activity, place, class != 'none') = 'operation.abandoned' AS abandoned,
            argMax(exception_state, place) = 'resolved' AS resolved,
            maxIf(occurred_at, exception_state = 'resolved') AS exception_resolved_at,
            arrayFilter(at -> at >= failed_at, groupArrayIf(occurred_at, class = 'none')) AS successes
        FROM signals
        GROUP BY kind, item_id
        HAVING item_class != ''
    ),
    -- What is left out: consequences of a technical failure, technical exceptions beside their own operation, and verdicts of a
    -- source or on a document that names its exceptions.
    counted AS (
        SELECT *
        FROM (
            SELECT
                *,
                max(kind = 'exception' AND (item_class != 'technical' OR caused_by != '')) OVER document AS has_exception,
                max(kind = 'exception' AND item_class = 'technical') OVER document AS has_failure,
                max(kind = 'operation') OVER document AS has_operation
            FROM items
            WINDOW document AS (PARTITION BY document_type, document_id)
        )
        WHERE multiIf(
            kind = 'operation', true,
            kind = 'exception', item_class != 'technical' OR (caused_by = '' AND NOT has_operation),
            item_class = 'technical', NOT has_operation AND NOT has_failure,
            NOT has_exception AND item_source NOT IN (
                SELECT source
                FROM sightline.object_events FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND live
                    AND exception_state = 'raised'
                    AND class IN ('business', 'unknown')
            )
        )
    ),
    -- An operation that was given up ends with the next step of its document, however that came about.
    steps AS (
        SELECT object_type, object_id, occurred_at AS stepped_at
        FROM sightline.object_events FINAL
        WHERE tenant_id = {tenant_id:String}
            AND (object_type, object_id) IN (
                SELECT object_type, object_id
                FROM sightline.object_events
                WHERE tenant_id = {tenant_id:String}
                    AND activity = 'operation.abandoned'
            )
            AND live
            AND class = 'none'
            AND operation_id = ''
            AND exception_id = ''
            AND policy_id = ''
    ),
    ended AS (
        SELECT
            counted.*,
            multiIf(
                kind = 'verdict', raised_at,
                kind = 'exception', if(resolved, exception_resolved_at, NULL),
                notEmpty(successes), arrayMin(successes),
                abandoned AND stepped_at > failed_at, stepped_at,
                NULL
            ) AS resolved_at
        FROM counted
        ASOF LEFT JOIN steps
            ON steps.object_type = counted.document_type
            AND steps.object_id = counted.document_id
            AND steps.stepped_at >= counted.failed_at
    )
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
        *,
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
    FROM ended
    WHERE raised_at >= {from:DateTime64(6, 'UTC')} AND raised_at < {to:DateTime64(6, 'UTC')}
)
GROUP BY GROUPING SETS ((item_class), (item_class, item_category), (item_class, item_bucket))
ORDER BY level, bucket, class, items DESC, category

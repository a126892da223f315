-- title: Unclassified rate
-- unit: ratio
-- better: lower
-- grain: exception
-- cohort: raised
-- definition: Exceptions of unknown class divided by all: business, technical and unknown ones. Counted once each are
--   exceptions by their id and class at raising, technical operations that failed at least once, and verdicts without an
--   exception of their own; consequences of a technical failure are not counted again.
-- benchmark: target below 2 % (own)
-- minimum_n: 20
WITH
    -- One row an event, on the document that it is about rather than on every object that it names.
    signals AS (
        SELECT
            object_type,
            object_id,
            event_id,
            occurred_at,
            (occurred_at, seq, place_id) AS place,
            if({group_by:UInt8} = 1 AND arrayStringConcat({filters:Array(String)}) = '', [], dims) AS event_dims,
            source,
            class,
            exception_caused_by,
            multiIf(
                operation_id != '' AND class = 'technical', 'operation',
                exception_id != '', 'exception',
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
            AND class != 'none'
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
            argMin(object_type, place) AS document_type,
            argMin(object_id, place) AS document_id,
            argMin(class, place) AS item_class,
            argMin(source, place) AS item_source,
            max(exception_caused_by) AS caused_by,
            min(occurred_at) AS raised_at,
            maxForEach(event_dims) AS object_dims
        FROM signals
        GROUP BY kind, item_id
    )
SELECT
    multiIf(
        {bucket:String} = 'hour', toDateTime64(dateTrunc('hour', raised_at), 6, 'UTC'),
        {bucket:String} = 'day', toDateTime64(dateTrunc('day', raised_at), 6, 'UTC'),
        {bucket:String} = 'week', toDateTime64(dateTrunc('week', raised_at), 6, 'UTC'),
        {bucket:String} = 'month', toDateTime64(dateTrunc('month', raised_at), 6, 'UTC'),
        if(raised_at < {middle:DateTime64(6, 'UTC')}, {from:DateTime64(6, 'UTC')}, {middle:DateTime64(6, 'UTC')})
    ) AS bucket,
    object_dims[{group_by:UInt8}] AS `group`,
    if(n = 0, NULL, countIf(item_class = 'unknown') / n) AS value,
    CAST(NULL, 'Nullable(Float64)') AS p90,
    count() AS n,
    toUInt64(0) AS open
FROM (
    SELECT
        *,
        max(kind = 'exception' AND (item_class != 'technical' OR caused_by != '')) OVER document AS has_exception,
        max(kind = 'exception' AND item_class = 'technical') OVER document AS has_failure,
        max(kind = 'operation') OVER document AS has_operation
    FROM items
    WINDOW document AS (PARTITION BY document_type, document_id)
)
WHERE raised_at >= {from:DateTime64(6, 'UTC')} AND raised_at < {to:DateTime64(6, 'UTC')}
    AND arrayAll(
        (want, position) -> want = '' OR object_dims[position] = want,
        {filters:Array(String)},
        arrayEnumerate({filters:Array(String)})
    )
    -- What is left out, and why: read/exceptions.sql.
    AND multiIf(
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
GROUP BY bucket, `group`
ORDER BY bucket, `group`

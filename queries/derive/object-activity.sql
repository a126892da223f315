-- The scope's objects by their latest event, where that differs from what is stored. A verdict without an exception of its own counts as in
-- exception-items.sql.
INSERT INTO sightline.object_activity
WITH
    computed AS (
        SELECT
            object_type,
            object_id,
            toDate32(max(occurred_at)) AS last_day,
            uniqExactIf(exception_id, class = 'business' AND exception_state = 'raised') AS raised,
            countIf(class = 'technical' AND exception_state = 'raised' AND exception_caused_by != '') AS suppressed,
            countIf(
                class = 'business'
                AND exception_id = ''
                AND activity != 'policy.violated'
                AND source NOT IN (
                    SELECT source
                    FROM sightline.source_traits
                    WHERE tenant_id = {tenant_id:String} AND trait = 'raises_exceptions'
                )
            ) AS judged,
            (
                min(occurred_at),
                max(occurred_at),
                toUInt32(count()),
                toString(argMax(activity, (occurred_at, seq, place_id))),
                toString(argMaxIf(supplier, (occurred_at, seq, place_id), supplier != '')),
                toString(argMaxIf(entity, (occurred_at, seq, place_id), entity != '')),
                toUInt32(if(raised = 0 AND suppressed = 0 AND judged > 0, 1, raised)),
                toUInt32(uniqExactIf(operation_id, class = 'technical' AND operation_id != ''))
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
        GROUP BY
            object_type,
            object_id
    ),
    stored AS (
        SELECT
            object_type,
            object_id,
            last_day,
            content
        FROM sightline.object_activity FINAL
        WHERE tenant_id = {tenant_id:String}
            AND object_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (object_type, object_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(is_gone, stored.object_type, computed.object_type) AS object_type,
    if(is_gone, stored.last_day, computed.last_day) AS last_day,
    if(is_gone, stored.object_id, computed.object_id) AS object_id,
    said.1 AS first_at,
    said.2 AS last_at,
    said.3 AS events,
    said.4 AS last_activity,
    said.5 AS supplier,
    said.6 AS entity,
    said.7 AS business_exceptions,
    said.8 AS technical_failures,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.content = 0 AS is_gone
FROM computed
FULL JOIN stored
    ON stored.object_type = computed.object_type
    AND stored.object_id = computed.object_id
    AND stored.last_day = computed.last_day
WHERE computed.content != stored.content

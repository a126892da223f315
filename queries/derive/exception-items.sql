-- Exceptions, failed operations and verdicts of the scope's documents, where they differ from what is stored. An item is an exception (by its
-- id), a technical operation that failed at least once, or a verdict without an exception of its own, which is over as it is given. It
-- belongs to the document that the event which raised it is about.
INSERT INTO sightline.exception_items
WITH
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
                class != 'none' AND activity != 'policy.violated', 'verdict',
                ''
            ) AS kind,
            multiIf(
                kind = 'operation', operation_id,
                kind = 'exception', exception_id,
                concat(class, ' ', category, ' ', operation_id)
            ) AS item_id
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND kind != ''
            AND (
                class != 'none' AND leads
                OR class = 'none' AND (
                    kind = 'exception'
                    OR activity NOT IN ('operation.attempted', 'operation.abandoned') AND lifecycle NOT IN ('scheduled', 'started')
                )
            )
    ),
    items AS (
        SELECT
            object_type,
            object_id,
            kind,
            item_id,
            toString(argMinIf(class, place, class != 'none')) AS item_class,
            toString(argMinIf(category, place, class != 'none')) AS item_category,
            toString(argMinIf(reaction, place, class != 'none')) AS item_reaction,
            toString(argMinIf(code, place, class != 'none')) AS item_code,
            toString(argMinIf(system, place, class != 'none')) AS item_system,
            argMinIf(source, place, class != 'none') AS item_source,
            argMinIf(event_id, place, class != 'none') AS raising_event_id,
            max(exception_caused_by) AS caused_by,
            toUInt32(uniqExactIf(attempt, kind = 'operation')) AS attempts,
            toUInt32(multiIf(
                item_class != 'technical' OR kind = 'exception', 0,
                kind = 'verdict', uniqExactIf(event_id, class != 'none'),
                uniqExactIf(attempt, class = 'technical')
            )) AS failed_attempts,
            minIf(occurred_at, class != 'none') AS raised_at,
            maxIf(occurred_at, class != 'none') AS failed_at,
            argMaxIf(activity, place, class != 'none') = 'operation.abandoned' AS abandoned,
            argMax(exception_state, place) = 'resolved' AS resolved,
            maxIf(occurred_at, exception_state = 'resolved') AS exception_resolved_at,
            arrayFilter(at -> at >= failed_at, groupArrayIf(occurred_at, class = 'none')) AS successes
        FROM signals
        GROUP BY
            object_type,
            object_id,
            kind,
            item_id
        HAVING item_class != ''
    ),
    standing AS (
        SELECT *
        FROM (
            -- include shared/counted-items
        )
        WHERE counted
    ),
    -- An operation that was given up ends with the next step of its document, however that came about.
    steps AS (
        SELECT
            object_type,
            object_id,
            groupArray(occurred_at) AS stepped
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND class = 'none'
            AND operation_id = ''
            AND exception_id = ''
            AND policy_id = ''
            AND (object_type, object_id) IN (SELECT object_type, object_id FROM standing WHERE abandoned)
        GROUP BY
            object_type,
            object_id
    ),
    computed AS (
        SELECT
            object_type AS document_type,
            object_id AS document_id,
            kind,
            item_id,
            toDate32(raised_at) AS raised_day,
            arrayFilter(at -> at > failed_at, stepped) AS later_steps,
            (
                raised_at,
                multiIf(
                    kind = 'verdict', toNullable(raised_at),
                    kind = 'exception', if(resolved, toNullable(exception_resolved_at), NULL),
                    notEmpty(successes), toNullable(arrayMin(successes)),
                    abandoned AND notEmpty(later_steps), toNullable(arrayMin(later_steps)),
                    NULL
                ),
                item_class,
                item_category,
                item_reaction,
                item_code,
                item_system,
                raising_event_id,
                caused_by,
                attempts,
                failed_attempts
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM standing
        LEFT JOIN steps USING (object_type, object_id)
    ),
    stored AS (
        SELECT
            document_type,
            document_id,
            kind,
            item_id,
            raised_day,
            content
        FROM sightline.exception_items FINAL
        WHERE tenant_id = {tenant_id:String}
            AND document_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(is_gone, stored.raised_day, computed.raised_day) AS raised_day,
    if(is_gone, stored.document_type, computed.document_type) AS document_type,
    if(is_gone, stored.document_id, computed.document_id) AS document_id,
    if(is_gone, stored.kind, computed.kind) AS kind,
    if(is_gone, stored.item_id, computed.item_id) AS item_id,
    said.1 AS raised_at,
    said.2 AS resolved_at,
    said.3 AS class,
    said.4 AS category,
    said.5 AS reaction,
    said.6 AS code,
    said.7 AS system,
    said.8 AS raising_event_id,
    said.9 AS caused_by,
    said.10 AS attempts,
    said.11 AS failed_attempts,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.content = 0 AS is_gone
FROM computed
FULL JOIN stored
    ON stored.document_type = computed.document_type
    AND stored.document_id = computed.document_id
    AND stored.kind = computed.kind
    AND stored.item_id = computed.item_id
    AND stored.raised_day = computed.raised_day
WHERE computed.content != stored.content

-- Attempts of the scope's documents, where they differ from what is stored: results of operations, exceptions that name what caused them,
-- and failures that are told of a connector itself.
INSERT INTO sightline.operation_attempts
WITH
    ['requisition', 'purchase_order', 'po_line', 'goods_receipt', 'service_entry', 'invoice', 'invoice_line', 'payment', 'onboarding', 'contract', 'workflow_run', 'supplier', 'approval'] AS documents,
    found AS (
        SELECT
            object_type AS document_type,
            object_id AS document_id,
            toString(event_id) AS attempt_id,
            occurred_at AS attempted_at,
            system,
            multiIf(
                exception_state = 'raised' AND exception_caused_by != '', 'caused',
                exception_state = 'resolved' AND exception_caused_by != '', 'released',
                exception_state = 'raised' AND NOT has(documents, object_type) AND class = 'technical', 'announced',
                exception_state = 'resolved' AND NOT has(documents, object_type), 'withdrawn',
                events.operation_id = '' OR exception_state != '', '',
                activity = 'operation.abandoned', 'given_up',
                class != 'none' OR (activity != 'operation.attempted' AND lifecycle NOT IN ('scheduled', 'started')), 'attempt',
                ''
            ) AS attempt_kind,
            multiIf(
                attempt_kind IN ('caused', 'released'), exception_caused_by,
                attempt_kind IN ('announced', 'withdrawn'), exception_id,
                events.operation_id
            ) AS attempt_operation,
            multiIf(
                step != '', step,
                events.operation_id != '', splitByChar(':', events.operation_id)[1],
                activity
            ) AS operation_class,
            exception_id,
            if(class = 'none', 'ok', 'failed') AS outcome,
            class,
            category,
            code,
            supplier,
            leads
        FROM sightline.{timelines:Identifier} AS events FINAL
        WHERE
            -- include shared/in-scope
            AND (events.operation_id != '' OR exception_id != '')
            AND system != ''
            AND object_type NOT IN ('approval', 'supplier', 'workflow_run')
    ),
    money AS (
        SELECT
            object_type AS document_type,
            object_id AS document_id,
            argMax(tuple(amount, currency), (occurred_at, seq, place_id)) AS latest
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND amount IS NOT NULL
            AND (object_type, object_id) IN (SELECT document_type, document_id FROM found WHERE outcome = 'failed')
        GROUP BY
            object_type,
            object_id
    ),
    computed AS (
        SELECT
            system,
            toDate(attempted_at) AS attempted_day,
            attempt_id,
            document_type,
            document_id,
            (
                attempted_at,
                attempt_kind,
                attempt_operation,
                operation_class,
                exception_id,
                outcome,
                class,
                category,
                code,
                supplier,
                leads,
                if(outcome = 'failed', money.latest.1, NULL),
                if(outcome = 'failed', money.latest.2, '')
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM found
        LEFT JOIN money USING (document_type, document_id)
        WHERE attempt_kind != '' AND (leads OR outcome = 'failed' OR attempt_kind IN ('caused', 'released'))
    ),
    stored AS (
        SELECT
            system,
            attempted_day,
            attempt_id,
            document_type,
            document_id,
            (
                attempted_at,
                kind,
                operation_id,
                operation_class,
                exception_id,
                outcome,
                class,
                category,
                code,
                supplier,
                leads,
                amount,
                currency
            ) AS said,
            content
        FROM sightline.operation_attempts FINAL
        WHERE tenant_id = {tenant_id:String}
            AND document_id IN (
                SELECT object_id
                FROM sightline.derive_scope
                WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
            )
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
            AND kind != 'call'
    )
SELECT
    {tenant_id:String} AS tenant_id,
    system,
    attempted_day,
    attempt_id,
    document_type,
    document_id,
    newest.1 AS attempted_at,
    newest.2 AS kind,
    newest.3 AS operation_id,
    newest.4 AS operation_class,
    newest.5 AS exception_id,
    newest.6 AS outcome,
    newest.7 AS class,
    newest.8 AS category,
    newest.9 AS code,
    newest.10 AS supplier,
    newest.11 AS leads,
    newest.12 AS amount,
    newest.13 AS currency,
    content_now AS content,
    {version:UInt64} AS version,
    now64(6, 'UTC') AS arrived_at,
    is_computed = 0 AS is_deleted
FROM (
    SELECT
        system,
        attempted_day,
        attempt_id,
        document_type,
        document_id,
        argMax(said, side) AS newest,
        max(side) AS is_computed,
        anyIf(content, side = 1) AS content_now,
        anyIf(content, side = 0) AS content_before
    FROM (
        SELECT system, attempted_day, attempt_id, document_type, document_id, said, content, 1 AS side FROM computed
        UNION ALL
        SELECT system, attempted_day, attempt_id, document_type, document_id, said, content, 0 AS side FROM stored
    )
    GROUP BY
        system,
        attempted_day,
        attempt_id,
        document_type,
        document_id
)
WHERE content_now != content_before

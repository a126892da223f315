-- The scope's documents as they stand, where that differs from what is stored.
INSERT INTO sightline.documents
WITH
    ['requisition', 'purchase_order', 'invoice', 'payment', 'onboarding', 'approval'] AS types,
    [
        ['requisition.submitted', 'requisition.created'],
        ['po.created'],
        ['invoice.received', 'invoice.captured'],
        ['payment.proposed', 'payment.released'],
        ['onboarding.requested'],
        ['approval.requested']
    ] AS beginnings,
    [
        ['requisition.converted'],
        ['po.closed'],
        ['payment.transmitted', 'payment.cleared'],
        ['payment.cleared'],
        ['onboarding.transactable'],
        ['approval.decided']
    ] AS ends,
    [
        ['requisition.rejected', 'requisition.withdrawn', 'requisition.cancelled'],
        ['po.rejected', 'po.cancelled'],
        ['invoice.rejected', 'invoice.cancelled', 'invoice.credited'],
        ['payment.failed', 'payment.returned'],
        ['onboarding.rejected', 'onboarding.withdrawn'],
        ['']
    ] AS drops,
    ['requisition.', 'po.', 'invoice.', 'payment.', 'onboarding.', 'approval.'] AS prefixes,
    timelines AS (
        SELECT
            object_type,
            object_id,
            indexOf(types, object_type) AS at,
            minIf(occurred_at, has(beginnings[at], activity)) AS begun_at,
            if(countIf(has(beginnings[at], activity)) > 0, begun_at, min(occurred_at)) AS opened_at,
            countIf(has(ends[at], activity)) > 0 AS is_done,
            minIf(occurred_at, has(ends[at], activity)) AS done_at,
            maxIf(occurred_at, has(drops[at], activity)) AS dropped_at,
            maxIf(occurred_at, startsWith(activity, prefixes[at])) AS last_own_at,
            -- A rejection that something of the document's own came after was not the end.
            NOT is_done AND countIf(has(drops[at], activity)) > 0 AND last_own_at <= dropped_at AS is_dropped,
            argMaxIf((activity, occurred_at), (occurred_at, seq, place_id), class = 'none' AND exception_id = '' AND operation_id = '' AND policy_id = '') AS last_step,
            groupUniqArrayIf((exception_id, category, class), exception_state = 'raised' AND exception_id != '') AS raised,
            groupArrayIf((exception_id, occurred_at), exception_state = 'raised' AND exception_id != '') AS raised_instants,
            groupUniqArrayIf(exception_id, exception_state = 'resolved') AS resolved,
            maxIf(occurred_at, activity = 'approval.requested') AS asked_at,
            maxIf(occurred_at, activity = 'approval.decided') AS decided_at,
            argMaxIf(if(waits_id != '', waits_id, approver), (occurred_at, seq, place_id), activity = 'approval.requested') AS asked,
            maxIf(occurred_at, activity = 'sent_to_supplier') AS sent_at,
            maxIf(occurred_at, activity = 'supplier_answered') AS answered_at,
            argMaxIf(if(waits_id != '', waits_id, supplier), (occurred_at, seq, place_id), activity = 'sent_to_supplier') AS sent_to,
            argMaxIf((class = 'technical', system, occurred_at), (occurred_at, seq, place_id), operation_id != '' AND activity NOT IN ('operation.attempted', 'operation.abandoned')) AS last_operation,
            argMaxIf((ifNull(amount, 0), currency), (occurred_at, seq, place_id), amount IS NOT NULL AND (at IN (4, 6) OR startsWith(activity, prefixes[at]))) AS money,
            groupUniqArrayIf((currency, ifNull(amount, 0), event_id), at = 2 AND activity = 'invoice.posted' AND amount IS NOT NULL) AS bills,
            argMaxIf(due_at, (occurred_at, seq, place_id), due_at IS NOT NULL) AS due,
            minIf(occurred_at, activity IN ('payment.transmitted', 'payment.cleared')) AS paid,
            countIf(activity IN ('payment.transmitted', 'payment.cleared')) > 0 AS is_paid,
            argMaxIf((ifNull(discount, 0), discount_until), (occurred_at, seq, place_id), discount > 0 AND discount_until IS NOT NULL) AS granted,
            countIf(actor_kind = 'human' AND activity != 'supplier_answered') AS touches,
            uniqExactIf(exception_id, exception_state = 'raised' AND class = 'business') AS exceptions_raised,
            countIf(policy_decision = 'violated') AS violations,
            countIf(category = 'duplicate') > 0 AS is_duplicate,
            arraySort(groupArrayIf(occurred_at, activity = 'sent_to_supplier')) AS sendings,
            arraySort(groupArrayIf(occurred_at, activity = 'supplier_answered')) AS answers,
            (
                max(entity),
                max(business_unit),
                max(plant),
                max(region),
                max(risk_category),
                max(budget_owner),
                max(category_of_spend),
                max(supplier),
                max(approver)
            ) AS dims
        FROM sightline.{timelines:Identifier} AS events FINAL
        WHERE
            -- include shared/in-scope
            AND object_type IN types
        GROUP BY
            object_type,
            object_id
    ),
    rates AS (
        -- include shared/reporting-rates
    ),
    ordered AS (
        SELECT DISTINCT object_id
        FROM sightline.object_links
        WHERE tenant_id = {tenant_id:String}
            AND object_type = 'invoice'
            AND other_type = 'purchase_order'
            AND (object_type, object_id) IN (
                -- include shared/scope-keys
            )
    ),
    computed AS (
        SELECT
            object_type,
            object_id,
            arrayFilter(one -> NOT has(resolved, one.1), raised) AS unresolved,
            is_done OR is_dropped AS is_closed,
            multiIf(
                is_closed, ('', '', toDateTime64(0, 6, 'UTC')),
                notEmpty(unresolved), (
                    'exception',
                    toString(unresolved[1].2),
                    arrayMin(arrayMap(one -> one.2, arrayFilter(one -> has(arrayMap(open -> open.1, unresolved), one.1), raised_instants)))
                ),
                last_operation.1 AND last_operation.3 > last_step.2, ('system', toString(last_operation.2), last_operation.3),
                asked_at > decided_at AND asked_at > 0, ('person', toString(asked), asked_at),
                sent_at > answered_at AND sent_at > 0, ('supplier', toString(sent_to), sent_at),
                ('queue', '', last_step.2)
            ) AS waits,
            (
                opened_at,
                if(is_done, toNullable(done_at), if(is_dropped, toNullable(dropped_at), NULL)),
                multiIf(is_done, 'done', is_dropped, 'dropped', ''),
                toString(last_step.1),
                last_step.2,
                waits.1,
                waits.2,
                waits.3,
                arrayMap(
                    one -> (
                        toString(one.1),
                        toString(one.2),
                        toString(one.3),
                        arrayMin(arrayMap(told -> told.2, arrayFilter(told -> told.1 = one.1, raised_instants)))
                    ),
                    if(is_closed, [], arraySort(unresolved))
                ),
                toDecimal64(money.1, 4),
                toString(money.2),
                if(opened_at < rates.valid_to, rates.rate, 0),
                toDecimal64(arraySum(arrayMap(one -> one.2, arrayFilter(one -> one.1 = money.2, bills))), 4),
                due,
                if(is_paid, toNullable(paid), NULL),
                toFloat64(ifNull(granted.1, 0)),
                granted.2,
                toUInt32(touches),
                toUInt32(exceptions_raised),
                toUInt32(violations),
                toBool(is_duplicate),
                toBool(object_id IN (SELECT object_id FROM ordered) AND object_type = 'invoice'),
                toUInt32(length(answers)),
                arraySum(arrayMap(
                    answered -> (
                        toUnixTimestamp64Micro(answered)
                        - toUnixTimestamp64Micro(arrayMax(arrayFilter(sent -> sent <= answered, sendings)))
                    ) / 1e6,
                    arrayFilter(answered -> arrayExists(sent -> sent <= answered, sendings), answers)
                ))
            ) AS said,
            dims,
            greatest(cityHash64(said, dims), 1) AS content
        FROM (SELECT *, toString(money.2) AS money_currency FROM timelines) AS timelines
        ASOF LEFT JOIN rates ON rates.currency = timelines.money_currency AND rates.valid_from <= timelines.opened_at
    ),
    stored AS (
        SELECT
            document_type,
            document_id,
            content
        FROM sightline.documents FINAL
        WHERE tenant_id = {tenant_id:String}
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
    )
SELECT
    {tenant_id:String} AS tenant_id,
    if(computed.object_id = '', stored.document_type, computed.object_type) AS document_type,
    if(computed.object_id = '', stored.document_id, computed.object_id) AS document_id,
    said.1 AS opened_at,
    said.2 AS closed_at,
    said.3 AS outcome,
    said.4 AS stage,
    said.5 AS stage_at,
    said.6 AS waits_on,
    said.7 AS waits_id,
    said.8 AS waits_at,
    said.9 AS exceptions,
    said.10 AS amount,
    said.11 AS currency,
    said.12 AS rate,
    said.13 AS invoiced,
    said.14 AS due_at,
    said.15 AS paid_at,
    said.16 AS discount,
    said.17 AS discount_until,
    said.18 AS touches,
    said.19 AS exceptions_raised,
    said.20 AS violations,
    said.21 AS is_duplicate,
    said.22 AS is_ordered,
    said.23 AS answers,
    said.24 AS answer_s,
    dims.1 AS entity,
    dims.2 AS business_unit,
    dims.3 AS plant,
    dims.4 AS region,
    dims.5 AS risk_category,
    dims.6 AS budget_owner,
    dims.7 AS category,
    dims.8 AS supplier,
    dims.9 AS approver,
    computed.content AS content,
    {version:UInt64} AS version,
    computed.object_id = '' AS is_deleted
FROM computed
FULL JOIN stored ON stored.document_type = computed.object_type AND stored.document_id = computed.object_id
WHERE computed.content != stored.content

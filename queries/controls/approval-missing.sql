-- title: Approval missing for the amount
-- version: 1
-- category: authority
-- severity: high
-- grain: requisition, invoice
-- documents: requisition, invoice
-- guards: requisition.approved, invoice.approved
-- needs: approval_matrices
-- tolerances: approval_limit
-- definition: The document was approved, or its order released, although nobody decided a step that its amount needs.
--   Steps of the matrix stand one above the other by their limits; an amount needs every step whose lower neighbour's
--   limit it exceeds. Rows of the role `system` need nobody; rows for a risk category, and further rows of a role, are
--   asked for by the workflow alone. Rows in another currency than the document's are left out.
WITH
    -- include shared/accounts,
    -- include shared/approval-matrix
SELECT
    document_type,
    document_id,
    '' AS subject_id,
    'authority' AS category,
    committed_at AS detected_at,
    'high' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    '' AS offender,
    arrayConcat([committed_by], decided_by) AS evidence,
    concat(
        'Approved at ',
        toString(round(toFloat64(stated), 2)),
        ' ',
        stated_in,
        ' without ',
        arrayStringConcat(arrayMap(level -> concat(arrayStringConcat(level.2, ' or '), ' (over ', toString(level.3), ')'), missing), ', '),
        if(empty(given_steps), '; nobody decided.', concat('; decided: ', arrayStringConcat(given_steps, ', '), '.'))
    ) AS detail
FROM (
    SELECT
        document_type,
        document_id,
        committed_at,
        committed_by,
        decided_by,
        given_steps,
        stated,
        stated_in,
        arraySort(groupUniqArray((up_to, step, role = 'system', person))) AS ladder,
        arraySort(arrayDistinct(arrayMap(one -> one.1, ladder))) AS limits,
        arrayMap(
            (bound, lower) -> (
                bound,
                arraySort(arrayDistinct(arrayMap(one -> one.2, arrayFilter(one -> one.1 = bound, ladder)))),
                lower,
                arrayFilter(one -> one.1 = bound AND one.3, ladder) != [],
                arrayMap(one -> one.4, arrayFilter(one -> one.1 = bound AND one.4 != '', ladder))
            ),
            limits,
            arrayPushFront(arrayPopBack(limits), 0)
        ) AS levels,
        arrayFilter(
            level -> toFloat64(stated) > level.3
                AND NOT level.4
                AND NOT hasAny(level.2, given_steps)
                AND NOT hasAny(level.5, given_persons),
            levels
        ) AS missing
    FROM (
        SELECT
            document_type,
            document_id,
            entity,
            given.committed_at AS committed_at,
            given.committed_by AS committed_by,
            given.decided_by AS decided_by,
            given.given_steps AS given_steps,
            given.given_persons AS given_persons,
            assumeNotNull(documents.amount) AS stated,
            documents.currency AS stated_in
        FROM (
            SELECT *
            FROM sightline.control_documents FINAL
            WHERE
                -- include shared/documents-in-scope
                AND document_type IN ('requisition', 'invoice')
                AND amount IS NOT NULL
        ) AS documents
        INNER JOIN (
            SELECT
                object_type AS document_type,
                object_id AS document_id,
                if(
                    countIf(approves) > 0,
                    argMaxIf((occurred_at, event_id), place, approves),
                    if(
                        countIf(activity = 'approval.requested') = 0,
                        argMinIf((occurred_at, event_id), place, activity = 'po.released'),
                        (toDateTime64(0, 6, 'UTC'), toUUID('00000000-0000-0000-0000-000000000000'))
                    )
                ) AS committed,
                committed.1 AS committed_at,
                committed.2 AS committed_by,
                arrayMap(one -> one.2, arraySort(groupArrayIf((place, event_id), decides))) AS decided_by,
                arraySort(groupUniqArrayIf(step, decides AND step != '')) AS given_steps,
                groupUniqArrayArrayIf(identities, decides AND step = '') AS given_persons
            FROM (
                SELECT
                    object_type,
                    object_id,
                    event_id,
                    (occurred_at, seq, place_id) AS place,
                    occurred_at,
                    activity,
                    step,
                    leads AND activity = concat(object_type, '.approved') AS approves,
                    false AS decides,
                    CAST([], 'Array(String)') AS identities
                FROM sightline.{timelines:Identifier} FINAL
                WHERE
                    -- include shared/in-scope
                    AND object_type IN ('requisition', 'invoice')
                    AND activity IN ('requisition.approved', 'invoice.approved', 'po.released', 'approval.requested')
                UNION ALL
                SELECT
                    object_type,
                    object_id,
                    event_id,
                    place,
                    occurred_at,
                    '' AS activity,
                    step,
                    false AS approves,
                    true AS decides,
                    identities
                FROM (
                    -- include shared/decisions
                )
                WHERE object_type IN ('requisition', 'invoice')
            )
            GROUP BY object_type, object_id
            HAVING committed_at > toDateTime64(0, 6, 'UTC')
        ) AS given USING (document_type, document_id)
    ) AS committed
    INNER JOIN matrix ON matrix.document_type = committed.document_type
    WHERE matrix.entity IN ('', committed.entity)
        AND matrix.risk_category = ''
        AND matrix.valid_from <= committed.committed_at
        AND matrix.valid_to > committed.committed_at
        AND (matrix.currency = committed.stated_in OR matrix.currency = '')
        AND matrix.up_to = matrix.least
    GROUP BY
        document_type,
        document_id,
        committed_at,
        committed_by,
        decided_by,
        given_steps,
        given_persons,
        stated,
        stated_in
)
WHERE notEmpty(missing)

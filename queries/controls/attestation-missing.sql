-- title: Attestation missing
-- version: 1
-- category: authority
-- severity: medium
-- grain: requisition
-- documents: requisition
-- guards: requisition.approved
-- needs: policies
-- tolerances: amount, hours
-- definition: A requisition over the amount that a policy of the category authority states (`amount`, in the reporting
--   currency) was approved, and its last decision was not attested within `hours` (24). Found once that time is over.
WITH
    -- include shared/accounts,
    -- include shared/tolerances,
    -- include shared/rates,
    wanted AS (
        SELECT *
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-in-scope
            AND document_type = 'requisition'
    )
SELECT
    'requisition' AS document_type,
    document_id,
    '' AS subject_id,
    'authority' AS category,
    fromUnixTimestamp64Micro(toInt64(toUnixTimestamp64Micro(decided_at) + hours * 3600000000), 'UTC') AS detected_at,
    'medium' AS severity,
    policy AS policy_id,
    policy_version,
    NULL AS amount,
    '' AS currency,
    decided_by AS offender,
    [decision] AS evidence,
    concat(
        'Decided by ',
        decided_by,
        ' at ',
        toString(round(stated, 2)),
        ' ',
        reporting_code,
        ', over ',
        toString(over),
        ' ',
        reporting_code,
        '; not attested within ',
        toString(hours),
        ' h.'
    ) AS detail
FROM (
    SELECT
        asked.document_id AS document_id,
        asked.decided_at AS decided_at,
        asked.decision AS decision,
        asked.decided_by AS decided_by,
        asked.attested AS attested,
        asked.stated AS stated,
        asked.reporting_code AS reporting_code,
        limits.policy AS policy,
        limits.policy_version AS policy_version,
        limits.tolerated AS over,
        if(waits.tolerated > 0, waits.tolerated, 24) AS hours
    FROM (
        SELECT
            document_id,
            given.last.1 AS decided_at,
            given.last.2 AS decision,
            given.last.3 AS decided_by,
            given.attested AS attested,
            assumeNotNull(documents.reported) AS stated,
            documents.reporting_code AS reporting_code,
            'authority amount' AS amount_place,
            'authority hours' AS hours_place
        FROM (
            -- include shared/in-reporting
        ) AS documents
        INNER JOIN (
            SELECT
                object_id AS document_id,
                maxIf((occurred_at, event_id, who), kind = 'decision') AS last,
                groupArrayIf(occurred_at, kind = 'attested') AS attested
            FROM (
                SELECT object_id, occurred_at, event_id, who, 'decision' AS kind
                FROM (
                    -- include shared/decisions
                )
                WHERE object_type = 'requisition'
                UNION ALL
                SELECT
                    object_id,
                    occurred_at,
                    event_id,
                    '' AS who,
                    if(activity = 'approval.attested', 'attested', 'approved') AS kind
                FROM sightline.{timelines:Identifier} FINAL
                WHERE
                    -- include shared/in-scope
                    AND object_type = 'requisition'
                    AND activity IN ('approval.attested', 'requisition.approved')
            )
            GROUP BY object_id
            HAVING countIf(kind = 'decision') > 0 AND maxIf(occurred_at, kind = 'approved') >= last.1
        ) AS given USING (document_id)
        WHERE documents.reported IS NOT NULL
    ) AS asked
    ASOF INNER JOIN tolerances AS limits ON limits.place = asked.amount_place AND limits.valid_from <= asked.decided_at
    ASOF LEFT JOIN tolerances AS waits ON waits.place = asked.hours_place AND waits.valid_from <= asked.decided_at
    WHERE asked.decided_at < limits.until
)
WHERE stated > over
    AND detected_at <= {now:DateTime64(6, 'UTC')}
    AND NOT arrayExists(one -> one >= decided_at AND one <= detected_at, attested)

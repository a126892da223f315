-- Brings the current violations of a run's documents to what their history says: the newest state stands on its day, and on no other.
INSERT INTO sightline.violations
SELECT
    {tenant_id:String} AS tenant_id,
    control,
    arrayJoin(days) AS detected_day,
    document_type,
    document_id,
    subject_id,
    newest.1 AS retracted,
    fromUnixTimestamp64Micro(toInt64(first_version), 'UTC') AS known_from,
    newest.2 AS control_version,
    newest.3 AS category,
    newest.4 AS detected_at,
    newest.5 AS severity,
    newest.6 AS policy_id,
    newest.7 AS policy_version,
    newest.8 AS amount,
    newest.9 AS currency,
    newest.10 AS offender,
    newest.11 AS evidence,
    newest.12 AS detail,
    newest.13 AS entity,
    newest.14 AS business_unit,
    newest.15 AS plant,
    newest.16 AS region,
    newest.17 AS risk_category,
    newest.18 AS budget_owner,
    newest.19 AS spend_category,
    newest.20 AS supplier,
    newest.21 AS supplier_class,
    newest.22 AS approver,
    newest.23 AS system,
    newest_version AS version,
    detected_day != toDate(newest.4) AS is_deleted
FROM (
    SELECT
        control,
        document_type,
        document_id,
        subject_id,
        groupUniqArray(toDate(detected_at)) AS days,
        min(version) AS first_version,
        max(version) AS newest_version,
        argMax(
            (
                absent,
                control_version,
                category,
                detected_at,
                severity,
                policy_id,
                policy_version,
                amount,
                currency,
                offender,
                evidence,
                detail,
                entity,
                business_unit,
                plant,
                region,
                risk_category,
                budget_owner,
                spend_category,
                supplier,
                supplier_class,
                approver,
                system
            ),
            version
        ) AS newest
    FROM sightline.violation_history
    WHERE tenant_id = {tenant_id:String}
        AND control IN {controls:Array(String)}
        AND (document_type, document_id) IN (
            -- include shared/scope-keys
        )
    GROUP BY
        control,
        document_type,
        document_id,
        subject_id
    HAVING newest_version > {published:UInt64}
)

-- Brings the current clocks of the scope to what their history says: the newest state stands on its day, and on no other.
INSERT INTO sightline.sla_clocks
SELECT
    {tenant_id:String} AS tenant_id,
    of_sla AS sla_id,
    arrayJoin(days) AS cohort_day,
    document_type,
    document_id,
    subject_id,
    newest.3 AS cohort_at,
    newest.4 AS sla_version,
    newest.5 AS subject,
    newest.6 AS epoch,
    newest.7 AS state,
    newest.8 AS started_at,
    newest.9 AS ended_at,
    newest.10 AS deadline_at,
    newest.11 AS warnings,
    newest.12 AS used_us,
    newest.13 AS running_since,
    newest.14 AS target_us,
    newest.15 AS pause_reasons,
    newest.16 AS pause_us,
    newest.17 AS calendar,
    newest.18 AS calendar_version,
    newest.19 AS amount,
    newest.20 AS entity,
    newest.21 AS business_unit,
    newest.22 AS plant,
    newest.23 AS region,
    newest.24 AS risk_category,
    newest.25 AS budget_owner,
    newest.26 AS category,
    newest.27 AS supplier,
    newest.28 AS approver,
    newest.29 AS system,
    newest.30 AS currency,
    newest.31 AS escalations,
    newest.32 AS because,
    newest.33 AS because_systems,
    newest_version AS version,
    newest.1 OR cohort_day != toDate(newest.3) AS is_deleted
FROM (
    SELECT
        document_type,
        document_id,
        subject_id,
        groupUniqArray(toDate(cohort_at)) AS days,
        argMaxIf(sla_id, version, NOT absent) AS of_sla,
        max(version) AS newest_version,
        argMax(
            tuple(
                absent,
                sla_id,
                cohort_at,
                sla_version,
                subject,
                epoch,
                state,
                started_at,
                ended_at,
                deadline_at,
                warnings,
                used_us,
                running_since,
                target_us,
                pause_reasons,
                pause_us,
                calendar,
                calendar_version,
                amount,
                entity,
                business_unit,
                plant,
                region,
                risk_category,
                budget_owner,
                category,
                supplier,
                approver,
                system,
                currency,
                escalations,
                because,
                because_systems
            ),
            version
        ) AS newest
    FROM sightline.sla_clock_history
    WHERE tenant_id = {tenant_id:String}
        AND (document_type, document_id) IN (
            -- include shared/scope-keys
        )
    GROUP BY
        document_type,
        document_id,
        subject_id
    HAVING newest_version > {published:UInt64}
)

-- Brings the current contributions of the scope to what its history says: the newest state stands on its day, and on no other.
INSERT INTO sightline.kpi_facts
SELECT
    {tenant_id:String} AS tenant_id,
    kpi,
    arrayJoin(days) AS cohort_day,
    document_type,
    document_id,
    subject_id,
    newest.1 AS cohort_at,
    newest.2 AS counted,
    newest.3 AS open,
    newest.5 AS reason,
    newest.6 AS value,
    newest.7 AS weight,
    newest.8 AS entity,
    newest.9 AS business_unit,
    newest.10 AS plant,
    newest.11 AS region,
    newest.12 AS risk_category,
    newest.13 AS budget_owner,
    newest.14 AS category,
    newest.15 AS supplier,
    newest.16 AS supplier_class,
    newest.17 AS approver,
    newest.18 AS system,
    newest.19 AS policy_version,
    newest.20 AS currency,
    newest_version AS version,
    newest.4 OR cohort_day != toDate(newest.1) AS is_deleted
FROM (
    SELECT
        kpi,
        document_type,
        document_id,
        subject_id,
        groupUniqArray(toDate(cohort_at)) AS days,
        max(version) AS newest_version,
        argMax(
            (
                cohort_at,
                counted,
                open,
                absent,
                reason,
                value,
                weight,
                entity,
                business_unit,
                plant,
                region,
                risk_category,
                budget_owner,
                category,
                supplier,
                supplier_class,
                approver,
                system,
                policy_version,
                currency
            ),
            version
        ) AS newest
    FROM sightline.kpi_fact_history
    WHERE tenant_id = {tenant_id:String}
        AND (document_type, document_id) IN (
            -- include shared/scope-keys
        )
    GROUP BY
        kpi,
        document_type,
        document_id,
        subject_id
    HAVING newest_version > {published:UInt64}
)

-- Contributions of the scope's documents to KPIs, where they differ from the newest state that is known.
INSERT INTO sightline.kpi_fact_history
WITH
    classes AS (
        SELECT
            key AS supplier,
            valid_from,
            valid_to,
            JSONExtractString(body, 'class') AS class
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
    ),
    computed AS (
        SELECT
            kpi,
            document_type,
            document_id,
            subject_id,
            (
                cohort_at,
                counted,
                open,
                reason,
                value,
                weight,
                facets.entity,
                facets.business_unit,
                facets.plant,
                facets.region,
                facets.risk_category,
                facets.budget_owner,
                facets.category,
                facets.supplier,
                if(cohort_at < classes.valid_to, classes.class, ''),
                facets.approver,
                facets.system,
                facets.policy_version,
                facets.currency
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM (
            SELECT *
            FROM sightline.derive_contributions
            WHERE tenant_id = {tenant_id:String} AND batch = {batch:String} AND kpi IN {kpis:Array(String)}
        ) AS contributions
        ASOF LEFT JOIN classes ON classes.supplier = contributions.facets.supplier AND classes.valid_from <= contributions.cohort_at
    ),
    known AS (
        SELECT
            kpi,
            document_type,
            document_id,
            subject_id,
            argMax(
                (
                    cohort_at,
                    counted,
                    open,
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
                kpi_fact_history.version
            ) AS said,
            argMax(kpi_fact_history.content, kpi_fact_history.version) AS content
        FROM sightline.kpi_fact_history
        WHERE tenant_id = {tenant_id:String}
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
            AND kpi IN {kpis:Array(String)}
        GROUP BY
            kpi,
            document_type,
            document_id,
            subject_id
    )
SELECT
    {tenant_id:String} AS tenant_id,
    document_type,
    document_id,
    kpi,
    subject_id,
    {version:UInt64} AS version,
    newest.1 AS cohort_at,
    newest.2 AS counted,
    newest.3 AS open,
    is_computed = 0 AS absent,
    newest.4 AS reason,
    newest.5 AS value,
    newest.6 AS weight,
    newest.7 AS entity,
    newest.8 AS business_unit,
    newest.9 AS plant,
    newest.10 AS region,
    newest.11 AS risk_category,
    newest.12 AS budget_owner,
    newest.13 AS category,
    newest.14 AS supplier,
    newest.15 AS supplier_class,
    newest.16 AS approver,
    newest.17 AS system,
    newest.18 AS policy_version,
    newest.19 AS currency,
    content_now AS content
FROM (
    SELECT
        kpi,
        document_type,
        document_id,
        subject_id,
        argMax(said, side) AS newest,
        max(side) AS is_computed,
        anyIf(content, side = 1) AS content_now,
        anyIf(content, side = 0) AS content_before
    FROM (
        SELECT kpi, document_type, document_id, subject_id, said, content, 1 AS side FROM computed
        UNION ALL
        SELECT kpi, document_type, document_id, subject_id, said, content, 0 AS side FROM known
    )
    GROUP BY
        kpi,
        document_type,
        document_id,
        subject_id
)
WHERE content_now != content_before

-- What controls find on the documents of a run, where it differs from the newest state that is known.
INSERT INTO sightline.violation_history
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
    guarding AS (
        SELECT
            concat(JSONExtractString(body, 'category'), ' ', arrayJoin(JSONExtract(body, 'states', 'Array(String)'))) AS place,
            valid_from,
            min((key, JSONExtractString(body, 'version'), valid_to)) AS policy
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'policies'
        GROUP BY place, valid_from
    ),
    computed AS (
        SELECT
            control,
            document_type,
            document_id,
            subject_id,
            (
                control_version,
                category,
                detected_at,
                severity,
                if(policy_id != '' OR detected_at >= guarding.policy.3, policy_id, guarding.policy.1),
                if(policy_id != '' OR detected_at >= guarding.policy.3, policy_version, guarding.policy.2),
                if(stated_amount IS NULL, documents.amount, stated_amount),
                if(stated_amount IS NULL, toString(documents.currency), stated_currency),
                offender,
                evidence,
                detail,
                toString(documents.entity),
                toString(documents.business_unit),
                toString(documents.plant),
                toString(documents.region),
                toString(documents.risk_category),
                toString(documents.budget_owner),
                toString(documents.spend_category),
                toString(documents.supplier),
                if(detected_at < classes.valid_to, classes.class, ''),
                toString(documents.approver),
                toString(documents.system)
            ) AS said,
            greatest(cityHash64(said), 1) AS content
        FROM (
            SELECT *
            FROM (
                -- include {findings}
            ) AS found
            LEFT JOIN (
                SELECT
                    toString(document_type) AS document_type,
                    document_id,
                    amount,
                    currency,
                    entity,
                    business_unit,
                    plant,
                    region,
                    risk_category,
                    budget_owner,
                    spend_category,
                    supplier,
                    approver,
                    system
                FROM sightline.control_documents FINAL
                WHERE tenant_id = {tenant_id:String}
                    AND (document_type, document_id) IN (
                        -- include shared/scope-keys
                    )
            ) AS documents USING (document_type, document_id)
        ) AS documents
        ASOF LEFT JOIN guarding ON guarding.place = documents.place AND guarding.valid_from <= documents.detected_at
        ASOF LEFT JOIN classes ON classes.supplier = documents.supplier AND classes.valid_from <= documents.detected_at
    ),
    known AS (
        SELECT
            control,
            document_type,
            document_id,
            subject_id,
            argMax(
                (
                    toString(control_version),
                    toString(category),
                    detected_at,
                    toString(severity),
                    toString(policy_id),
                    toString(policy_version),
                    amount,
                    toString(currency),
                    offender,
                    evidence,
                    detail,
                    toString(entity),
                    toString(business_unit),
                    toString(plant),
                    toString(region),
                    toString(risk_category),
                    toString(budget_owner),
                    toString(spend_category),
                    toString(supplier),
                    toString(supplier_class),
                    toString(approver),
                    toString(system)
                ),
                violation_history.version
            ) AS said,
            argMax(violation_history.content, violation_history.version) AS content
        FROM sightline.violation_history
        WHERE tenant_id = {tenant_id:String}
            AND (document_type, document_id) IN (
                -- include shared/scope-keys
            )
            AND control IN {controls:Array(String)}
        GROUP BY
            control,
            document_type,
            document_id,
            subject_id
    )
SELECT
    {tenant_id:String} AS tenant_id,
    document_type,
    document_id,
    control,
    subject_id,
    {version:UInt64} AS version,
    is_computed = 0 AS absent,
    newest.1 AS control_version,
    newest.2 AS category,
    newest.3 AS detected_at,
    newest.4 AS severity,
    newest.5 AS policy_id,
    newest.6 AS policy_version,
    newest.7 AS amount,
    newest.8 AS currency,
    newest.9 AS offender,
    newest.10 AS evidence,
    newest.11 AS detail,
    newest.12 AS entity,
    newest.13 AS business_unit,
    newest.14 AS plant,
    newest.15 AS region,
    newest.16 AS risk_category,
    newest.17 AS budget_owner,
    newest.18 AS spend_category,
    newest.19 AS supplier,
    newest.20 AS supplier_class,
    newest.21 AS approver,
    newest.22 AS system,
    content_now AS content
FROM (
    SELECT
        control,
        document_type,
        document_id,
        subject_id,
        argMax(said, side) AS newest,
        max(side) AS is_computed,
        anyIf(content, side = 1) AS content_now,
        anyIf(content, side = 0) AS content_before
    FROM (
        SELECT toString(control) AS control, toString(document_type) AS document_type, document_id, subject_id, said, content, 1 AS side FROM computed
        UNION ALL
        SELECT toString(control), toString(document_type), document_id, subject_id, said, content, 0 AS side FROM known
    )
    GROUP BY
        control,
        document_type,
        document_id,
        subject_id
)
WHERE content_now != content_before

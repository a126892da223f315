-- title: Supplier outside its own history
-- version: 1
-- category: eligibility
-- severity: medium
-- grain: invoice
-- documents: invoice
-- keys: supplier
-- guards: invoice.received
-- needs: policies
-- tolerances: amount_ratio, min_invoices
-- definition: An invoice amounts to more than `amount_ratio` times the median of the supplier's earlier invoices, of
--   which there are at least `min_invoices`, by a policy of the category eligibility; amounts in the reporting currency.
WITH
    -- include shared/tolerances,
    -- include shared/rates,
    wanted AS (
        SELECT *
        FROM sightline.control_documents FINAL
        WHERE
            -- include shared/documents-related
            AND document_type = 'invoice'
            AND at > toDateTime64(0, 6, 'UTC')
            AND supplier != ''
    )
SELECT
    document_type,
    document_id,
    '' AS subject_id,
    'eligibility' AS category,
    at AS detected_at,
    'medium' AS severity,
    policy AS policy_id,
    policy_version,
    NULL AS amount,
    '' AS currency,
    supplier AS offender,
    [evidence] AS evidence,
    concat(
        toString(round(stated, 2)),
        ' ',
        reporting_code,
        ' is ',
        toString(round(stated / middle, 1)),
        ' times the median of the ',
        toString(earlier),
        ' earlier invoices of ',
        supplier,
        ' (',
        toString(round(middle, 2)),
        ').'
    ) AS detail
FROM (
    SELECT
        ranked.document_type AS document_type,
        ranked.document_id AS document_id,
        ranked.at AS at,
        ranked.evidence AS evidence,
        ranked.stated AS stated,
        ranked.supplier AS supplier,
        ranked.reporting_code AS reporting_code,
        ranked.middle AS middle,
        ranked.earlier AS earlier,
        limits.policy AS policy,
        limits.policy_version AS policy_version,
        limits.tolerated AS ratio,
        least_known.tolerated AS least_number
    FROM (
        SELECT
            toString(document_type) AS document_type,
            document_id,
            at,
            evidence,
            assumeNotNull(reported) AS stated,
            toString(supplier) AS supplier,
            reporting_code,
            'eligibility amount_ratio' AS ratio_place,
            'eligibility min_invoices' AS number_place,
            quantileExactInclusive(0.5)(assumeNotNull(reported)) OVER before AS middle,
            count() OVER before AS earlier
        FROM (
            -- include shared/in-reporting
        )
        WHERE reported IS NOT NULL
        WINDOW before AS (PARTITION BY supplier ORDER BY at, document_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS ranked
    ASOF INNER JOIN tolerances AS limits ON limits.place = ranked.ratio_place AND limits.valid_from <= ranked.at
    ASOF INNER JOIN tolerances AS least_known ON least_known.place = ranked.number_place AND least_known.valid_from <= ranked.at
    WHERE ranked.at < limits.until
)
WHERE earlier >= least_number
    AND middle > 0
    AND stated > ratio * middle
    AND
    -- include shared/is-in-scope

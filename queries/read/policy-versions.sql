-- A policy version by version: violations of a control, documents that began, exceptions on them and the median of their cycle. What came before
-- the first version is not read.
WITH
    (
        SELECT min(valid_from)
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'policies' AND key = {policy:String}
    ) AS since,
    versions AS (
        SELECT
            'one' AS policy,
            valid_from,
            max(valid_to) AS until,
            min(JSONExtractString(body, 'version')) AS name,
            min(JSONExtractRaw(body, 'tolerances')) AS tolerances
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'policies' AND key = {policy:String}
        GROUP BY valid_from
    )
SELECT
    versions.name AS policy_version,
    valid_from,
    versions.until AS valid_to,
    versions.tolerances AS said,
    sumIf(facts.n, facts.what = 'violation') AS violations,
    sumIf(facts.n, facts.what = 'document') AS documents,
    sumIf(facts.value, facts.what = 'exception') AS exceptions,
    sumIf(facts.n, facts.what = 'exception') AS finished,
    if(
        countIf(facts.what = 'cycle') = 0,
        NULL,
        quantileExactInclusiveIf(0.5)(facts.value, facts.what = 'cycle')
    ) AS cycle_s,
    countIf(facts.what = 'cycle') AS cycles
FROM (
    SELECT
        placed.what AS what,
        placed.n AS n,
        placed.value AS value,
        versions.valid_from AS valid_from
    FROM (
        SELECT 'one' AS policy, 'violation' AS what, detected_at AS at, 1 AS n, 0. AS value
        FROM sightline.violations FINAL
        WHERE tenant_id = {tenant_id:String} AND control = {control:String} AND detected_day >= toDate32(since) AND NOT retracted
        UNION ALL
        SELECT 'one', 'document', first_at, 1, 0.
        FROM sightline.control_documents FINAL
        WHERE tenant_id = {tenant_id:String} AND present AND document_type IN {grain:Array(String)} AND first_at >= since
        UNION ALL
        SELECT 'one', 'exception', cohort_at, 1, value
        FROM sightline.kpi_facts FINAL
        WHERE tenant_id = {tenant_id:String} AND kpi = 'exception-rate' AND cohort_day >= toDate32(since) AND counted AND document_type IN {grain:Array(String)}
        UNION ALL
        SELECT 'one', 'cycle', cohort_at, 1, value
        FROM sightline.kpi_facts FINAL
        WHERE tenant_id = {tenant_id:String} AND kpi = {cycle:String} AND cohort_day >= toDate32(since) AND counted
    ) AS placed
    ASOF INNER JOIN versions ON versions.policy = placed.policy AND versions.valid_from <= placed.at
    WHERE placed.at < versions.until
) AS facts
INNER JOIN versions USING (valid_from)
GROUP BY valid_from, versions.name, versions.until, versions.tolerances
ORDER BY valid_from

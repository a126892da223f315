-- title: Retention class missing
-- version: 1
-- category: retention
-- severity: low
-- grain: invoice
-- documents: invoice
-- guards: invoice.posted
-- needs: policies
-- definition: An invoice was posted under a policy of the category retention, and its retention class was never stated.
WITH
    ['retention_class'] AS wanted_fields,
    'retention' AS policy_category
SELECT
    'invoice' AS document_type,
    posted.object_id AS document_id,
    '' AS subject_id,
    'retention' AS category,
    posted.first.1 AS detected_at,
    'low' AS severity,
    rule.policy.1 AS policy_id,
    rule.policy.2 AS policy_version,
    NULL AS amount,
    '' AS currency,
    posted.first.3 AS offender,
    [posted.first.2] AS evidence,
    concat('Posted without ', arrayStringConcat(missing, ', '), '.') AS detail
-- include shared/posted-lacking

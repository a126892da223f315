-- title: Tax fields missing
-- version: 1
-- category: tax
-- severity: medium
-- grain: invoice
-- documents: invoice
-- guards: invoice.posted
-- needs: policies
-- definition: An invoice was posted under a policy of the category tax, and its tax code, amount, jurisdiction or the
--   supplier's tax id was never stated.
WITH
    ['tax_code', 'tax_amount', 'tax_jurisdiction', 'supplier_tax_id'] AS wanted_fields,
    'tax' AS policy_category
SELECT
    'invoice' AS document_type,
    posted.object_id AS document_id,
    '' AS subject_id,
    'tax' AS category,
    posted.first.1 AS detected_at,
    'medium' AS severity,
    rule.policy.1 AS policy_id,
    rule.policy.2 AS policy_version,
    NULL AS amount,
    '' AS currency,
    posted.first.3 AS offender,
    [posted.first.2] AS evidence,
    concat('Posted without ', arrayStringConcat(missing, ', '), '.') AS detail
-- include shared/posted-lacking

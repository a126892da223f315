-- title: Ordered off contract
-- version: 1
-- category: contract
-- severity: medium
-- grain: purchase_order
-- documents: purchase_order
-- guards: po.released
-- needs: contracts
-- definition: An order was released that names no contract, although a contract of its supplier was valid then and
--   covers its category (a contract without categories covers all).
SELECT
    'purchase_order' AS document_type,
    document_id,
    '' AS subject_id,
    'contract' AS category,
    at AS detected_at,
    'medium' AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    '' AS offender,
    [any(evidence)] AS evidence,
    concat(
        'Ordered from ',
        any(supplier),
        ' without a contract although ',
        arrayStringConcat(arraySort(groupUniqArray(contract_id)), ', '),
        ' covers ',
        if(any(spend_category) = '', 'it', any(spend_category)),
        '.'
    ) AS detail
FROM (
    SELECT
        document_id,
        at,
        evidence,
        toString(supplier) AS supplier,
        toString(spend_category) AS spend_category
    FROM sightline.control_documents FINAL
    WHERE
        -- include shared/documents-in-scope
        AND document_type = 'purchase_order'
        AND at > toDateTime64(0, 6, 'UTC')
        AND contract = ''
) AS orders
INNER JOIN (
    SELECT
        key AS contract_id,
        JSONExtractString(body, 'supplier') AS supplier,
        JSONExtract(body, 'categories', 'Array(String)') AS categories,
        valid_from,
        valid_to
    FROM sightline.reference FINAL
    WHERE tenant_id = {tenant_id:String} AND kind = 'contracts'
) AS contracts USING (supplier)
WHERE contracts.valid_from <= at
    AND contracts.valid_to > at
    AND (empty(categories) OR has(categories, spend_category))
GROUP BY document_id, at

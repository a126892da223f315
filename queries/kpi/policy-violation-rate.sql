-- title: Policy violations
-- unit: per_1000
-- better: lower
-- topic: compliance
-- overview: yes
-- grain: requisition, purchase_order, invoice, payment or onboarding
-- documents: requisition, purchase_order, invoice, payment, onboarding
-- reads: requisition, purchase_order, invoice, payment, onboarding
-- cohort: violation first reported; for the documents, first event
-- calendar: none
-- definition: Policies reported violated (policy.violated), each document and policy once, when first reported, for 1,000
--   documents that began in the bucket. Documents of sources that never name a policy are left out: nobody checks them. n:
--   documents that began.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    policy AS subject_id,
    if(
        policy = '',
        first_at,
        arrayMin(arrayMap(report -> report.2, arrayFilter(report -> report.1 = policy, reports)))
    ) AS cohort_at,
    policy != '' OR policed AS counted,
    0 AS open,
    if(counted, '', 'none of its sources names policies') AS reason,
    policy != '' AS value,
    counted AND policy = '' AS weight,
    facets
FROM (
    SELECT
        object_type,
        object_id,
        min(occurred_at) AS first_at,
        countIf(
            source IN (SELECT source FROM sightline.source_traits WHERE tenant_id = {tenant_id:String} AND trait = 'names_policies')
        ) > 0 AS policed,
        groupArrayIf((policy_id, occurred_at), activity = 'policy.violated') AS reports,
        -- include shared/document-facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment', 'onboarding')
    GROUP BY object_type, object_id
)
ARRAY JOIN arrayConcat([''], arrayDistinct(arrayMap(report -> report.1, reports))) AS policy

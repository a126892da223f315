-- title: Segregation of duties
-- unit: ratio
-- better: lower
-- topic: compliance
-- grain: requisition, purchase_order, invoice or payment with both duties
-- documents: requisition, purchase_order, invoice, payment
-- reads: requisition, purchase_order, invoice, payment
-- cohort: second duty
-- calendar: none
-- needs: identities
-- definition: Pairs of duties of which one person did both, divided by pairs of which both were done by persons: request and
--   approve a requisition; create and approve, create and receive an order; capture and approve an invoice; approve and release a
--   payment. Accounts are resolved to persons by the identities of the instant; who acts for another counts as both. Open: never.
-- benchmark: 0
-- minimum_n: 1
WITH
    accounts AS (
        SELECT
            key AS person,
            arrayJoin(JSONExtract(body, 'accounts', 'Array(String)')) AS account,
            valid_from,
            valid_to
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'identities'
    ),
    acts AS (
        SELECT
            *,
            arrayJoin(arrayDistinct(arrayFilter(id -> id != '', [actor_id, on_behalf_of]))) AS account_used,
            multiIf(
                object_type = 'requisition' AND activity IN ('requisition.created', 'requisition.submitted'), ['request'],
                object_type = 'purchase_order' AND activity = 'po.created', ['create'],
                object_type = 'purchase_order' AND activity IN ('goods_receipt.recorded', 'service_entry.recorded'), ['receive'],
                object_type = 'invoice' AND activity = 'invoice.captured', ['capture'],
                activity = 'approval.decided' AND status IN ('ok', '') OR activity IN ('requisition.approved', 'po.approved', 'invoice.approved'), ['approve'],
                activity = 'payment.released', ['release'],
                []
            )[1] AS duty
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type IN ('requisition', 'purchase_order', 'invoice', 'payment')
            AND actor_kind = 'human'
            AND actor_id != ''
            AND duty != ''
    )
SELECT
    object_type AS document_type,
    object_id AS document_id,
    concat(pair.1, ' and ', pair.2) AS subject_id,
    arrayFilter(one -> one.1 = pair.1, done) AS first_duty,
    arrayFilter(one -> one.1 = pair.2, done) AS second_duty,
    greatest(arrayMin(arrayMap(one -> one.3, first_duty)), arrayMin(arrayMap(one -> one.3, second_duty))) AS cohort_at,
    true AS counted,
    0 AS open,
    '' AS reason,
    hasAny(arrayMap(one -> one.2, first_duty), arrayMap(one -> one.2, second_duty)) AS value,
    1 AS weight,
    facets
FROM (
    SELECT
        object_type,
        object_id,
        groupUniqArray((duty, if(accounts.account != '' AND acts.occurred_at < accounts.valid_to, accounts.person, acts.account_used), occurred_at)) AS done,
        -- include shared/facets
    FROM acts
    ASOF LEFT JOIN accounts ON accounts.account = acts.account_used AND accounts.valid_from <= acts.occurred_at
    GROUP BY
        object_type,
        object_id
)
ARRAY JOIN arrayFilter(
    pair -> arrayExists(one -> one.1 = pair.1, done) AND arrayExists(one -> one.1 = pair.2, done),
    multiIf(
        object_type = 'requisition', [('request', 'approve')],
        object_type = 'purchase_order', [('create', 'approve'), ('create', 'receive')],
        object_type = 'invoice', [('capture', 'approve'), ('approve', 'release')],
        [('approve', 'release')]
    )
) AS pair

-- The facts of the scope's documents, each in one row.
INSERT INTO sightline.control_documents
SELECT
    {tenant_id:String} AS tenant_id,
    scope.object_type AS document_type,
    scope.object_id AS document_id,
    happened.first_at > toDateTime64(0, 6, 'UTC') AS present,
    happened.first_at AS first_at,
    happened.counts_at AS at,
    happened.dropped_at AS dropped_at,
    happened.last_amount AS amount,
    if(happened.first_said.2 = happened.last_currency, happened.first_said.1, NULL) AS first_amount,
    happened.last_currency AS currency,
    if(said.requester != '', said.requester, happened.asked_by) AS requester,
    trimBoth(said.number) AS number_said,
    replaceRegexpOne(replaceRegexpAll(upperUTF8(said.number), '[^\\p{L}\\p{N}]', ''), '^0+', '') AS number,
    toDateOrZero(said.issued) AS issued_on,
    happened.paid_at AS paid_at,
    said.cost_centre AS cost_centre,
    said.item AS item,
    said.contract AS contract,
    said.matching AS matching,
    happened.facets.entity AS entity,
    happened.facets.business_unit AS business_unit,
    happened.facets.plant AS plant,
    happened.facets.region AS region,
    happened.facets.risk_category AS risk_category,
    happened.facets.budget_owner AS budget_owner,
    happened.facets.category AS spend_category,
    happened.facets.supplier AS supplier,
    happened.facets.approver AS approver,
    happened.facets.system AS system,
    happened.shown_by AS evidence,
    {version:UInt64} AS version
FROM (
    SELECT
        object_type,
        object_id
    FROM sightline.derive_scope
    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String} AND object_type IN {types:Array(String)}
) AS scope
LEFT JOIN (
    SELECT
        object_type,
        object_id,
        min(occurred_at) AS first_at,
        multiIf(
            object_type = 'requisition', ['requisition.created', 'requisition.submitted'],
            object_type = 'purchase_order', ['po.released', 'po.sent'],
            object_type = 'invoice', ['invoice.received', 'invoice.captured', 'invoice.posted'],
            object_type = 'payment', ['payment.released', 'payment.transmitted', 'payment.cleared'],
            []
        ) AS counting,
        arrayFilter(one -> one != toDateTime64(0, 6, 'UTC'), [
            minIf(occurred_at, activity = counting[1]),
            minIf(occurred_at, activity = counting[2]),
            minIf(occurred_at, activity = counting[3])
        ])[1] AS counts_at,
        argMinIf(event_id, (indexOf(counting, activity), occurred_at, seq, place_id), has(counting, activity)) AS counted_by,
        if(countIf(has(counting, activity)) > 0, counted_by, argMin(event_id, (occurred_at, seq, place_id))) AS shown_by,
        maxIf(
            occurred_at,
            activity IN (
                'requisition.withdrawn', 'requisition.cancelled', 'po.cancelled', 'po.rejected',
                'invoice.rejected', 'invoice.cancelled', 'invoice.credited', 'payment.failed', 'payment.returned'
            )
            AND startsWith(activity, prefix)
        ) AS dropped_at,
        minIf(occurred_at, activity IN ('payment.released', 'payment.transmitted', 'payment.cleared')) AS paid_at,
        transform(
            object_type,
            ['requisition', 'purchase_order', 'po_line', 'goods_receipt', 'invoice', 'invoice_line', 'payment', 'onboarding'],
            ['requisition.', 'po.', 'po', 'goods_receipt.', 'invoice.', 'invoice', 'payment.', 'onboarding.'],
            object_type
        ) AS prefix,
        argMinIf((amount, currency), (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, prefix)) AS first_said,
        argMaxIf(amount, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, prefix)) AS last_amount,
        argMaxIf(currency, (occurred_at, seq, place_id), amount IS NOT NULL AND startsWith(activity, prefix)) AS last_currency,
        argMinIf(
            actor_id,
            (indexOf(['requisition.submitted', 'requisition.created'], activity), occurred_at, seq, place_id),
            activity IN ('requisition.submitted', 'requisition.created') AND actor_id != ''
        ) AS asked_by,
        -- include shared/facets
    FROM sightline.{timelines:Identifier} FINAL
    WHERE
        -- include shared/in-scope
        AND object_type IN {types:Array(String)}
    GROUP BY object_type, object_id
) AS happened USING (object_type, object_id)
LEFT JOIN (
    SELECT
        object_type,
        object_id,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'requester') AS requester,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'invoice_number') AS number,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'contract') AS contract,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'matching') AS matching,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'invoice_date') AS issued,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'cost_centre') AS cost_centre,
        argMaxIf(value, (occurred_at, seq, place_id), name = 'item') AS item
    FROM sightline.object_state FINAL
    WHERE
        -- include shared/stored-in-scope
        AND object_type IN {types:Array(String)}
        AND name IN ('requester', 'invoice_number', 'contract', 'matching', 'invoice_date', 'cost_centre', 'item')
    GROUP BY object_type, object_id
) AS said USING (object_type, object_id)

SELECT
    event_id,
    minIf(
        sipHash128(toString(holder.1), holder.2),
        sipHash128(toString(holder.1), holder.2) IN (
            -- include shared/gone-together
        )
    ) AS first_holder
FROM (
    SELECT
        event_id,
        occurred_at,
        arrayZip(object_types, object_ids) AS objects,
        arrayFilter(
            one -> one.1 IN (
                'requisition', 'purchase_order', 'po_line', 'goods_receipt', 'service_entry', 'invoice', 'invoice_line', 'payment',
                'onboarding', 'approval', 'workflow_run'
            ),
            objects
        ) AS own,
        arrayJoin(if(empty(own), objects, own)) AS holder
    FROM sightline.events
    WHERE tenant_id = {tenant_id:String}
        AND event_id IN (
            -- include shared/listed-events
        )
)
GROUP BY event_id
HAVING max(occurred_at) < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND countIf(
        sipHash128(toString(holder.1), holder.2) NOT IN (
            SELECT fingerprint
            FROM sightline.removed_documents
            WHERE tenant_id = {tenant_id:String}
                AND fingerprint IN (
                    SELECT sipHash128(toString(object_type), object_id)
                    FROM sightline.events
                    ARRAY JOIN
                        object_types AS object_type,
                        object_ids AS object_id
                    WHERE tenant_id = {tenant_id:String}
                        AND event_id IN (
                            -- include shared/listed-events
                        )
                )
            UNION ALL
            -- include shared/gone-together
        )
    ) = 0

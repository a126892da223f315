-- title: Supplier blocked, unapproved or duplicate
-- version: 1
-- category: eligibility
-- severity: high
-- grain: purchase_order, invoice
-- documents: purchase_order, invoice
-- guards: po.released, invoice.posted
-- needs: suppliers
-- definition: An order was released, or an invoice without an order posted, while the supplier's record said another
--   status than approved, or that it is a second record of another supplier. Suppliers without a record are not judged.
WITH
    records AS (
        SELECT
            key AS supplier,
            valid_from,
            max(valid_to) AS until,
            min((JSONExtractString(body, 'status'), JSONExtractString(body, 'duplicate_of'))) AS said
        FROM sightline.reference FINAL
        WHERE tenant_id = {tenant_id:String} AND kind = 'suppliers'
        GROUP BY supplier, valid_from
    )
SELECT
    committed.object_type AS document_type,
    committed.object_id AS document_id,
    '' AS subject_id,
    'eligibility' AS category,
    committed.committed_at AS detected_at,
    if(records.said.1 = 'blocked', 'critical', 'high') AS severity,
    '' AS policy_id,
    '' AS policy_version,
    NULL AS amount,
    '' AS currency,
    committed.actor_id AS offender,
    [committed.event_id] AS evidence,
    concat(
        if(committed.object_type = 'purchase_order', 'Ordered from ', 'Invoice posted of '),
        committed.supplier,
        if(records.said.1 != 'approved', concat(', whose status then was ', records.said.1), ''),
        if(records.said.2 != '', concat(', a second record of ', records.said.2), ''),
        '.'
    ) AS detail
FROM (
    SELECT
        object_type,
        object_id,
        argMinIf(event_id, (occurred_at, seq, place_id), activity IN ('po.released', 'invoice.posted')) AS event_id,
        argMinIf(actor_id, (occurred_at, seq, place_id), activity IN ('po.released', 'invoice.posted')) AS actor_id,
        minIf(occurred_at, activity IN ('po.released', 'invoice.posted')) AS committed_at,
        max(supplier) AS supplier
    FROM (
        SELECT
            object_type,
            object_id,
            event_id,
            actor_id,
            occurred_at,
            seq,
            place_id,
            activity,
            toString(supplier) AS supplier
        FROM sightline.{timelines:Identifier} FINAL
        WHERE
            -- include shared/in-scope
            AND object_type IN ('purchase_order', 'invoice')
            AND (object_type, activity) NOT IN (('purchase_order', 'invoice.posted'))
    )
    GROUP BY object_type, object_id
    HAVING countIf(activity IN ('po.released', 'invoice.posted')) > 0
) AS committed
ASOF INNER JOIN records ON records.supplier = committed.supplier AND records.valid_from <= committed.committed_at
WHERE committed.committed_at < records.until
    AND (records.said.1 NOT IN ('approved', '') OR records.said.2 != '')
    AND (
        committed.object_type = 'purchase_order'
        OR committed.object_id NOT IN (
            SELECT invoice_id
            FROM (
                -- include shared/invoice-orders
            )
        )
    )

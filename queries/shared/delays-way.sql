-- The way of each invoice from the submission of its requisition to the end of its payment, by the declared path invoice, order,
-- requisition (of several the earliest). Each instant is charged once: by the document furthest on the way that has begun. Segments end
-- where the next document begins, so none has to be cut; what lies between two documents is a queue. Deadline and shared time are the
-- invoice's.
WITH
    documents AS (
        -- include {documents}
    ),
    invoices AS (
        SELECT *
        FROM documents
        WHERE document_type = 'invoice'
            AND finished = {finished:Bool}
            AND (NOT {finished:Bool} OR (cohort_at >= {from:DateTime64(6, 'UTC')} AND cohort_at < {to:DateTime64(6, 'UTC')}))
    ),
    orders AS (
        SELECT
            links.object_id AS invoice_id,
            argMin(found.document_id, (found.first_at, found.document_id)) AS order_id,
            min(found.first_at) AS order_from,
            argMin(found.segments, (found.first_at, found.document_id)) AS order_segments
        FROM (
            SELECT DISTINCT
                object_id,
                other_id
            FROM sightline.object_links
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'invoice'
                AND other_type = 'purchase_order'
                AND object_id IN (SELECT document_id FROM invoices)
                AND (object_id, event_id) IN (
                    SELECT
                        object_id,
                        event_id
                    FROM sightline.object_events FINAL
                    WHERE tenant_id = {tenant_id:String}
                        AND object_type = 'invoice'
                        AND live
                        AND object_id IN (SELECT document_id FROM invoices)
                )
        ) AS links
        INNER JOIN (
            SELECT
                document_id,
                first_at,
                -- include shared/delay-segments
            FROM documents
            WHERE document_type = 'purchase_order'
        ) AS found ON found.document_id = links.other_id
        GROUP BY invoice_id
    ),
    requisitions AS (
        SELECT
            links.object_id AS order_id,
            min(found.first_at) AS requisition_from,
            argMin(found.segments, (found.first_at, found.document_id)) AS requisition_segments
        FROM (
            SELECT DISTINCT
                object_id,
                other_id
            FROM sightline.object_links
            WHERE tenant_id = {tenant_id:String}
                AND object_type = 'purchase_order'
                AND other_type = 'requisition'
                AND object_id IN (SELECT order_id FROM orders)
                AND (object_id, event_id) IN (
                    SELECT
                        object_id,
                        event_id
                    FROM sightline.object_events FINAL
                    WHERE tenant_id = {tenant_id:String}
                        AND object_type = 'purchase_order'
                        AND live
                        AND object_id IN (SELECT order_id FROM orders)
                )
        ) AS links
        INNER JOIN (
            SELECT
                document_id,
                first_at,
                -- include shared/delay-segments
            FROM documents
            WHERE document_type = 'requisition'
        ) AS found ON found.document_id = links.other_id
        GROUP BY order_id
    ),
    joined AS (
        SELECT
            invoices.* EXCEPT (document_type),
            'procure_to_pay' AS document_type,
            if(
                orders.invoice_id = '',
                [],
                arrayFilter(segment -> segment.1 < invoices.first_at, orders.order_segments)) AS order_part,
            if(orders.invoice_id = '', invoices.first_at, least(orders.order_from, invoices.first_at)) AS order_start,
            if(
                requisitions.order_id = '',
                [],
                arrayFilter(
                    segment -> segment.1 < order_start,
                    arraySlice(
                        requisitions.requisition_segments,
                        greatest(1, arrayFirstIndex(segment -> segment.6 != 'submission', requisitions.requisition_segments))))) AS requisition_part,
            arrayConcat(
                arrayMap(segment -> (segment.1, least(segment.2, order_start), segment.3, segment.4, segment.5, concat('requisition ', segment.6), segment.7, segment.8, segment.9, segment.10, segment.11), requisition_part),
                arrayMap(segment -> (segment.1, least(segment.2, invoices.first_at), segment.3, segment.4, segment.5, concat('order ', segment.6), segment.7, segment.8, segment.9, segment.10, segment.11), order_part)) AS upstream
        FROM invoices
        LEFT JOIN orders ON orders.invoice_id = invoices.document_id
        LEFT JOIN requisitions ON requisitions.order_id = orders.order_id
    )
SELECT
    * EXCEPT (order_part, order_start, requisition_part, upstream)
    REPLACE (
        if(empty(upstream), first_at, upstream[1].1) AS first_at,
        arrayConcat(upstream.1, segment_from_at) AS segment_from_at,
        arrayConcat(upstream.2, segment_to_at) AS segment_to_at,
        arrayConcat(upstream.3, segment_cause) AS segment_cause,
        arrayConcat(upstream.4, segment_working_us) AS segment_working_us,
        arrayConcat(upstream.5, segment_off_us) AS segment_off_us,
        arrayConcat(upstream.6, arrayMap(stage -> concat('invoice ', stage), segment_stage)) AS segment_stage,
        arrayConcat(upstream.7, segment_step) AS segment_step,
        arrayConcat(upstream.8, segment_party) AS segment_party,
        arrayConcat(upstream.9, segment_holder) AS segment_holder,
        arrayConcat(upstream.10, segment_system) AS segment_system,
        arrayConcat(upstream.11, segment_caused_by) AS segment_caused_by
    )
FROM joined

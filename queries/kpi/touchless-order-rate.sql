-- title: Orders sent without a person
-- unit: ratio
-- better: higher
-- topic: quality
-- grain: purchase_order
-- documents: purchase_order
-- reads: purchase_order
-- cohort: sent; while not sent, created
-- calendar: none
-- definition: Sent orders without an event by a human from creation to sending, divided by sent orders; a confirmation is the
--   supplier's. Orders of which no event says who acted are left out. Open: created and neither sent nor rejected, cancelled or
--   closed.
-- benchmark: none
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'po.created') AS started_at,
    minIf(occurred_at, activity = 'po.sent') AS ended_at,
    countIf(activity = 'po.sent') > 0 AS ended,
    countIf(activity IN ('po.rejected', 'po.cancelled', 'po.closed')) > 0 AS dropped,
    if(ended, ended_at, started_at) AS cohort_at,
    arrayExists(
        at -> at >= started_at AND at <= ended_at,
        groupArrayIf(occurred_at, actor_kind = 'human' AND activity != 'po.confirmed')
    ) AS touched,
    countIf(actor_kind != '') > 0 AS told,
    ended AND told AS counted,
    NOT ended AND NOT dropped AS open,
    multiIf(counted OR open, '', ended, 'no event of it says who acted', 'rejected, withdrawn or cancelled') AS reason,
    counted AND NOT touched AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'purchase_order'
GROUP BY object_type, object_id
HAVING countIf(activity IN ('po.created', 'po.sent')) > 0

-- title: Touchless rate
-- unit: ratio
-- better: higher
-- topic: quality
-- overview: yes
-- grain: invoice
-- documents: invoice
-- reads: invoice
-- cohort: posted; while not posted, received
-- calendar: none
-- definition: Posted invoices without an event by a human from receipt to posting, divided by posted invoices. Invoices
--   of which no event says who acted are left out. Open: received and neither posted nor rejected, cancelled or
--   credited.
-- benchmark: best 65.3 %, average 24.2 % (Ardent 2019)
-- minimum_n: 20
SELECT
    object_type AS document_type,
    object_id AS document_id,
    object_id AS subject_id,
    minIf(occurred_at, activity = 'invoice.received') AS received_at,
    minIf(occurred_at, activity = 'invoice.posted') AS posted_at,
    countIf(activity = 'invoice.posted') > 0 AS posted,
    countIf(activity IN ('invoice.rejected', 'invoice.cancelled', 'invoice.credited')) > 0 AS dropped,
    if(posted, posted_at, received_at) AS cohort_at,
    arrayExists(at -> at >= received_at AND at <= posted_at, groupArrayIf(occurred_at, actor_kind = 'human')) AS touched,
    countIf(actor_kind != '') > 0 AS told,
    posted AND told AS counted,
    NOT posted AND NOT dropped AS open,
    multiIf(counted OR open, '', posted, 'no event of it says who acted', 'rejected, cancelled or credited') AS reason,
    counted AND NOT touched AS value,
    1 AS weight,
    -- include shared/document-facets
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND object_type = 'invoice'
GROUP BY object_type, object_id
HAVING countIf(activity IN ('invoice.received', 'invoice.posted')) > 0

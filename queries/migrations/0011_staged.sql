-- Timelines and links of a run's documents, read once with the rows of a key made one, so that each of the many statements that compute
-- answers reads a few rows by key: `batch` names the run. The whole tenant is read from the tables themselves, whose `batch` is empty.
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS batch String ALIAS '' COMMENT 'As in derive_events: none';
ALTER TABLE sightline.object_links ADD COLUMN IF NOT EXISTS batch String ALIAS '' COMMENT 'As in derive_links: none';

CREATE TABLE IF NOT EXISTS sightline.derive_events
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, batch, object_type, object_id, event_id)
TTL made_at + INTERVAL 6 HOUR
COMMENT 'Timelines of the documents that a run computes anew'
EMPTY AS SELECT
    CAST('', 'String') AS batch,
    *,
    defaultValueOfTypeName(
        'Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String)'
    ) AS facets,
    now('UTC') AS made_at
FROM sightline.object_events;

CREATE TABLE IF NOT EXISTS sightline.derive_links
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, batch, object_type, object_id, other_type, other_id, event_id)
TTL made_at + INTERVAL 6 HOUR
COMMENT 'Links of the documents that a run computes anew'
EMPTY AS SELECT CAST('', 'String') AS batch, *, now('UTC') AS made_at FROM sightline.object_links;

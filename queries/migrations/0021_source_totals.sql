-- What each source ever sent is counted whole, as a page that asks for it merged the sketches of every activity. By activity is counted what
-- has no canonical name.

CREATE TABLE IF NOT EXISTS sightline.source_totals
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    source String COMMENT 'CloudEvents source',
    mapped Bool COMMENT 'Whether the activities are canonical',
    import_id String COMMENT 'Import that brought it; empty for what came live',
    first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')) COMMENT 'When the earliest of its events happened',
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the latest of its events happened',
    last_received_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the last one came',
    events AggregateFunction(uniqCombined64(15), UUID) COMMENT 'How many events, copies counted once: exact while few, estimated to about 1 % beyond',
    objects AggregateFunction(uniqCombined64Array(15), Array(UInt64)) COMMENT 'How many objects they name, estimated alike'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, source, mapped, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 32, merge_max_block_size = 256
COMMENT 'How much each source ever sent';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_totals_from_events TO sightline.source_totals AS
SELECT
    tenant_id,
    source,
    mapped,
    import_id,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at,
    uniqCombined64State(15)(event_id) AS events,
    uniqCombined64ArrayState(15)(arrayMap((of_type, of_id) -> cityHash64(of_type, of_id), object_types, object_ids)) AS objects
FROM sightline.events
GROUP BY
    tenant_id,
    source,
    mapped,
    import_id;

-- What was counted until the view was there. What both counted is counted once.

INSERT INTO sightline.source_totals (tenant_id, source, mapped, import_id, first_at, last_at, last_received_at, events, objects)
SELECT
    tenant_id,
    source,
    mapped,
    import_id,
    min(sent.first_at) AS first_at,
    max(sent.last_at) AS last_at,
    max(sent.last_received_at) AS last_received_at,
    uniqCombined64MergeState(15)(sent.events) AS events,
    uniqCombined64ArrayMergeState(15)(sent.objects) AS objects
FROM sightline.source_activities AS sent
GROUP BY
    tenant_id,
    source,
    mapped,
    import_id;

ALTER TABLE sightline.source_activities_from_events MODIFY QUERY
SELECT
    tenant_id,
    source,
    activity,
    mapped,
    import_id,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at,
    uniqCombined64State(15)(event_id) AS events,
    uniqCombined64ArrayState(15)(arrayMap((of_type, of_id) -> cityHash64(of_type, of_id), object_types, object_ids)) AS objects
FROM sightline.events
WHERE NOT mapped
GROUP BY
    tenant_id,
    source,
    activity,
    mapped,
    import_id;

DELETE FROM sightline.source_activities WHERE mapped;

ALTER TABLE sightline.source_activities APPLY DELETED MASK SETTINGS mutations_sync = 2;

-- What pages ask for takes no longer as history grows: what sources sent is counted as it comes, decisions of policies are kept without all
-- other events, and what changed since an instant is found by it.

CREATE TABLE IF NOT EXISTS sightline.source_activities
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    source String COMMENT 'CloudEvents source',
    activity LowCardinality(String) COMMENT 'Canonical activity, or the source''s own name',
    mapped Bool COMMENT 'Whether activity is canonical',
    import_id String COMMENT 'Import that brought it; empty for what came live',
    first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')) COMMENT 'When the earliest of its events happened',
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the latest of its events happened',
    last_received_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the last one came',
    events AggregateFunction(uniqCombined64(15), UUID) COMMENT 'How many events, copies counted once: exact while few, estimated to about 1 % beyond',
    objects AggregateFunction(uniqCombined64Array(15), Array(UInt64)) COMMENT 'How many objects they name, estimated alike'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, source, activity, mapped, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 32, merge_max_block_size = 256
COMMENT 'How much each source ever sent, by activity';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_activities_from_events TO sightline.source_activities AS
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
GROUP BY
    tenant_id,
    source,
    activity,
    mapped,
    import_id;

CREATE TABLE IF NOT EXISTS sightline.source_hours
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    source String COMMENT 'CloudEvents source',
    hour DateTime('UTC') COMMENT 'Hour of arrival',
    events AggregateFunction(uniqCombined64(15), UUID) COMMENT 'How many events, copies counted once: exact while few, estimated to about 1 % beyond'
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(hour)
ORDER BY (tenant_id, source, hour)
TTL hour + INTERVAL 3 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 32, merge_max_block_size = 256, ttl_only_drop_parts = 1
COMMENT 'How much each source sent in the hours of the last days';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_hours_from_events TO sightline.source_hours AS
SELECT
    tenant_id,
    source,
    toStartOfHour(received_at) AS hour,
    uniqCombined64State(15)(event_id) AS events
FROM sightline.events
WHERE received_at >= now64(6) - INTERVAL 3 DAY
GROUP BY
    tenant_id,
    source,
    hour;

CREATE TABLE IF NOT EXISTS sightline.event_conflicts
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    event_id UUID COMMENT 'Identity that arrived with several contents',
    natural_id String COMMENT 'Id that its source gave it',
    source String COMMENT 'CloudEvents source',
    copies UInt32 COMMENT 'Contents that are held; 1 where the others were taken out again',
    first_received_at DateTime64(6, 'UTC') COMMENT 'When the first of them came',
    version UInt64 COMMENT 'When it was settled: which row stands'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Events that arrived with several contents under one identity';

-- Every event of every document was written here, as `live` was taken for what the view computes and not for the column that it reads. What
-- was settled may take the place of what was written before.

ALTER TABLE sightline.policy_decisions_from_object_events MODIFY QUERY
SELECT
    tenant_id,
    object_type,
    object_id,
    event_id,
    occurred_at,
    policy_id,
    policy_version,
    policy_decision AS decision,
    entity,
    system,
    object_events.live AND leads AND policy_id != '' AND activity = 'policy.evaluated' AS live,
    version
FROM sightline.object_events
WHERE policy_id != '' OR version >= 9223372036854775808;

DELETE FROM sightline.policy_decisions
WHERE NOT live
    AND policy_id = ''
    AND event_id NOT IN (SELECT event_id FROM sightline.policy_decisions WHERE policy_id != '');

ALTER TABLE sightline.policy_decisions APPLY DELETED MASK SETTINGS mutations_sync = 2;

ALTER TABLE sightline.kpi_fact_history ADD INDEX IF NOT EXISTS by_version version TYPE minmax GRANULARITY 1;
ALTER TABLE sightline.kpi_fact_history MATERIALIZE INDEX by_version SETTINGS mutations_sync = 2;
ALTER TABLE sightline.delay_history ADD INDEX IF NOT EXISTS by_version version TYPE minmax GRANULARITY 1;
ALTER TABLE sightline.delay_history MATERIALIZE INDEX by_version SETTINGS mutations_sync = 2;

-- What is stored while this is applied. Conflicts are looked for at every start.

INSERT INTO sightline.source_activities
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
GROUP BY
    tenant_id,
    source,
    activity,
    mapped,
    import_id;

INSERT INTO sightline.source_hours
SELECT
    tenant_id,
    source,
    toStartOfHour(received_at) AS hour,
    uniqCombined64State(15)(event_id) AS events
FROM sightline.events
WHERE received_at >= now64(6) - INTERVAL 3 DAY
GROUP BY
    tenant_id,
    source,
    hour;

-- How things came in: batches, the ledger, dead letters; and what integrations said: calls, metrics, logs.

ALTER TABLE sightline.events ADD COLUMN IF NOT EXISTS feed LowCardinality(String) DEFAULT '' COMMENT 'Way in that brought it: id of a registered source, http, otlp or import' AFTER import_id;
ALTER TABLE sightline.events ADD COLUMN IF NOT EXISTS batch_id UInt64 DEFAULT 0 COMMENT 'Hash of the token of the batch that brought it; a replayed Kafka range has the same one' AFTER feed;
ALTER TABLE sightline.events ADD COLUMN IF NOT EXISTS ordinal UInt32 DEFAULT 0 COMMENT 'Position in the batch' AFTER batch_id;
ALTER TABLE sightline.events ADD COLUMN IF NOT EXISTS ai_flag LowCardinality(String) DEFAULT '' COMMENT 'unreviewed_change: an AI changed state without a human decision; unreviewed_recommendation: an AI''s recommendation took effect unreviewed; empty otherwise' AFTER ai;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS ai_flag LowCardinality(String) DEFAULT '' COMMENT 'As in events' AFTER approver;

DROP VIEW IF EXISTS sightline.object_events_from_events;
CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_events_from_events TO sightline.object_events AS
SELECT
    tenant_id,
    object_type,
    object_id,
    event_id,
    content_hash,
    qualifier,
    occurred_at,
    received_at,
    seq,
    event_id AS place_id,
    activity,
    source_activity,
    mapped,
    completes_id IS NULL AS is_step,
    completes_id,
    source,
    step,
    lifecycle,
    system,
    system_class,
    actor_id,
    actor_kind,
    waits_kind,
    waits_id,
    status,
    code,
    class,
    category,
    reaction,
    exception_id,
    exception_state,
    exception_caused_by,
    operation_id,
    attempt,
    policy_id,
    policy_version,
    policy_decision,
    amount,
    currency,
    due_at,
    entity,
    business_unit,
    plant,
    region,
    risk_category,
    budget_owner,
    category_of_spend,
    supplier,
    approver,
    ai_flag,
    import_id,
    true AS live,
    first_arrival AS version
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id,
    object_qualifiers AS qualifier;

-- What a batch claims to have brought. A replayed Kafka range writes the same row again.
CREATE TABLE IF NOT EXISTS sightline.ingest_batches
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the records',
    feed LowCardinality(String) COMMENT 'Way in: id of a registered source, http, otlp or import',
    minute DateTime('UTC') COMMENT 'Minute of arrival of the batch',
    batch_id UInt64 COMMENT 'Hash of the batch''s token',
    token String COMMENT 'v1|cluster|topic|epoch|partition|first-last of a Kafka range, or a random one',
    received UInt32 COMMENT 'Records that came, counted as the events they hold and at least one each',
    inserted UInt32 COMMENT 'Rows that were handed to the store',
    known_duplicates UInt32 COMMENT 'Copies that were recognised before the store',
    rejected UInt32 COMMENT 'Records that became dead letters',
    ignored UInt32 COMMENT 'Records that the mapping leaves out on purpose',
    late UInt32 COMMENT 'Of the inserted: those that happened over an hour before they came',
    written_at DateTime64(6, 'UTC') COMMENT 'When this row was written',
    INDEX by_writing written_at TYPE minmax
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, feed, minute, batch_id)
TTL minute + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Batches as counted at the door: one side of the ledger';

-- What the store really took, seen from the other side: a set of positions, so that a repeated insert counts once.
CREATE TABLE IF NOT EXISTS sightline.batch_arrivals
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the records',
    feed LowCardinality(String) COMMENT 'Way in',
    minute DateTime('UTC') COMMENT 'Minute of arrival of the batch',
    batch_id UInt64 COMMENT 'Hash of the batch''s token',
    ordinals AggregateFunction(groupBitmap, UInt32) COMMENT 'Positions in the batch whose rows arrived in the store'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, feed, minute, batch_id)
TTL minute + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Rows that arrived in the store: the other side of the ledger';

CREATE TABLE IF NOT EXISTS sightline.ingest_ledger
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the records',
    feed LowCardinality(String) COMMENT 'Way in',
    minute DateTime('UTC') COMMENT 'Minute of arrival',
    arrived UInt64 COMMENT 'Rows that arrived in the store when this was settled',
    stored UInt64 COMMENT 'Of these: first arrivals, conflicting copies among them',
    settled_at DateTime64(6, 'UTC') COMMENT 'When first arrivals and copies were told apart'
)
ENGINE = ReplacingMergeTree(settled_at)
PARTITION BY toYYYYMM(minute)
ORDER BY (tenant_id, feed, minute)
TTL minute + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Minutes in which first arrivals and copies are told apart';

CREATE TABLE IF NOT EXISTS sightline.dead_letters
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the record',
    letter_id UUID COMMENT 'UUIDv5 of tenant and coordinates: the same record read again is the same letter',
    feed LowCardinality(String) COMMENT 'Way in: id of a registered source, http, otlp or import',
    received_at DateTime64(6, 'UTC') COMMENT 'When it came',
    coordinates String COMMENT 'Where it lies, as JSON: cluster, topic, partition, offset; or request and index',
    headers String COMMENT 'Its headers as JSON; credentials are left out',
    raw String COMMENT 'Its bytes, base64',
    raw_bytes UInt32 COMMENT 'Their number',
    format LowCardinality(String) COMMENT 'How it was read: cloudevents, mapped, debezium-outbox, …',
    code LowCardinality(String) COMMENT 'Stable code of the reason',
    reason String COMMENT 'The reason, one sentence',
    mapping LowCardinality(String) COMMENT 'Mapping that was applied; empty for none',
    mapping_version UInt32 COMMENT 'Its version; 0 for none',
    state LowCardinality(String) COMMENT 'open, replayed or purged; a purged letter has lost its bytes',
    replays UInt32 COMMENT 'How often it was replayed',
    note String COMMENT 'Who changed the state and why',
    version UInt64 COMMENT 'Which row of a letter stands: 0 as it came, then the microseconds of each change'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, letter_id)
TTL toDateTime(received_at) + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Records that could not be read, with all that is needed to read them again';

CREATE TABLE IF NOT EXISTS sightline.integration_calls
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    system LowCardinality(String) COMMENT 'System that was called or that worked',
    started_at DateTime64(6, 'UTC') COMMENT 'When it started',
    trace_id String COMMENT 'W3C trace id, hex; a connector''s own run id where there is none',
    span_id String COMMENT 'W3C span id, hex; a connector''s own node id where there is none',
    parent_span_id String COMMENT 'Span that it is part of; empty for a root',
    received_at DateTime64(6, 'UTC') COMMENT 'When it first arrived here',
    system_class LowCardinality(String) COMMENT 'erp, contract, supplier_portal, tax, …',
    reporter LowCardinality(String) COMMENT 'Service that reported it (service.name)',
    kind LowCardinality(String) COMMENT 'connector, gateway, http, graphql, queue, workflow, node, database or other',
    span_kind LowCardinality(String) DEFAULT '' COMMENT 'client, server, producer, consumer or internal: which side of the call reports it; empty when not told',
    operation LowCardinality(String) COMMENT 'What was done: POST /invoices, publish invoices, node name',
    status LowCardinality(String) COMMENT 'ok, failed, timeout, throttled, unauthenticated, refused or cancelled',
    status_code UInt16 COMMENT 'HTTP or gRPC status; 0 when none',
    error_type LowCardinality(String) COMMENT 'error.type or exception class; empty when none',
    message String COMMENT 'Error message',
    duration_ms Float64 COMMENT 'How long it took, milliseconds',
    attempt UInt32 COMMENT 'Attempt number, from 1; 0 when unknown',
    class LowCardinality(String) COMMENT 'business, technical, unknown or none',
    category LowCardinality(String) COMMENT 'Category within the class',
    reaction LowCardinality(String) COMMENT 'What it asks for',
    workflow LowCardinality(String) COMMENT 'Workflow that it is part of',
    workflow_run String COMMENT 'Run of the workflow',
    queue LowCardinality(String) COMMENT 'Queue or topic; empty when none',
    object_types Array(LowCardinality(String)) COMMENT 'Documents that it served: types',
    object_ids Array(String) COMMENT 'Documents that it served: ids, parallel to object_types',
    attributes String COMMENT 'Other attributes as JSON',
    feed LowCardinality(String) COMMENT 'Way in',
    batch_id UInt64 COMMENT 'Batch that brought it',
    ordinal UInt32 COMMENT 'Position in the batch',
    first_arrival UInt64 COMMENT 'Larger for earlier arrivals: of equal copies the first one stands',
    INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_arrival received_at TYPE minmax
)
ENGINE = ReplacingMergeTree(first_arrival)
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant_id, system, toStartOfHour(started_at), trace_id, span_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Calls between systems, each span once';

CREATE TABLE IF NOT EXISTS sightline.object_calls
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the document',
    object_id String COMMENT 'Id of the document',
    started_at DateTime64(6, 'UTC') COMMENT 'When the call started',
    trace_id String COMMENT 'Trace of the call',
    span_id String COMMENT 'Span of the call',
    system LowCardinality(String) COMMENT 'System',
    kind LowCardinality(String) COMMENT 'Kind of the call',
    operation LowCardinality(String) COMMENT 'What was done',
    status LowCardinality(String) COMMENT 'ok, failed, timeout, …',
    status_code UInt16 COMMENT 'HTTP or gRPC status',
    error_type LowCardinality(String) COMMENT 'Type of the error',
    message String COMMENT 'Error message',
    duration_ms Float64 COMMENT 'How long it took, milliseconds',
    class LowCardinality(String) COMMENT 'business, technical, unknown or none',
    category LowCardinality(String) COMMENT 'Category within the class',
    version UInt64 COMMENT 'Which row of the same key wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, object_type, object_id, started_at, trace_id, span_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Calls on the timelines of the documents that they served';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_calls_from_calls TO sightline.object_calls AS
SELECT
    tenant_id,
    object_type,
    object_id,
    started_at,
    trace_id,
    span_id,
    system,
    kind,
    operation,
    status,
    status_code,
    error_type,
    message,
    duration_ms,
    class,
    category,
    first_arrival AS version
FROM sightline.integration_calls
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id;

CREATE TABLE IF NOT EXISTS sightline.metric_points
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    system LowCardinality(String) COMMENT 'System that it describes',
    name LowCardinality(String) COMMENT 'Name of the metric',
    series UInt64 COMMENT 'Hash of reporter, resource and attributes: one line of a chart',
    at DateTime64(6, 'UTC') COMMENT 'Instant of the point',
    received_at DateTime64(6, 'UTC') COMMENT 'When it first arrived here',
    measure LowCardinality(String) COMMENT 'What it means to us: queue_depth, consumer_lag, restarts, connections, memory, … ; empty when nothing known',
    reporter LowCardinality(String) COMMENT 'Service that reported it',
    type LowCardinality(String) COMMENT 'gauge, sum, histogram, exponential_histogram or summary',
    unit LowCardinality(String) COMMENT 'Unit, UCUM',
    value Float64 COMMENT 'Value; the mean of a histogram',
    count UInt64 COMMENT 'Observations of a histogram; 1 otherwise',
    sum Float64 COMMENT 'Sum of a histogram; value otherwise',
    monotonic Bool COMMENT 'Whether a sum only grows',
    delta Bool COMMENT 'Whether a sum or histogram is since the last point',
    resource LowCardinality(String) COMMENT 'Queue, topic, container, pod or database that it is about',
    attributes String COMMENT 'Attributes and, for histograms, bounds and counts, as JSON',
    feed LowCardinality(String) COMMENT 'Way in',
    batch_id UInt64 COMMENT 'Batch that brought it',
    ordinal UInt32 COMMENT 'Position in the batch',
    first_arrival UInt64 COMMENT 'Larger for earlier arrivals',
    INDEX by_arrival received_at TYPE minmax
)
ENGINE = ReplacingMergeTree(first_arrival)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant_id, system, name, series, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Measurements of the systems: queue depth, lag, restarts, connections';

CREATE TABLE IF NOT EXISTS sightline.logs
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    system LowCardinality(String) COMMENT 'System that it describes',
    at DateTime64(6, 'UTC') COMMENT 'Instant of the record',
    log_id UUID COMMENT 'UUIDv5 of resource, instant, trace, span and body: the same record again is the same row',
    received_at DateTime64(6, 'UTC') COMMENT 'When it first arrived here',
    reporter LowCardinality(String) COMMENT 'Service that reported it',
    severity LowCardinality(String) COMMENT 'trace, debug, info, warn, error or fatal',
    severity_number UInt8 COMMENT 'OTLP severity, 1 to 24; 0 when none',
    event_name LowCardinality(String) COMMENT 'Name of an event record; empty for a plain log',
    body String COMMENT 'Text, or JSON of a structured body',
    trace_id String COMMENT 'Trace that it belongs to',
    span_id String COMMENT 'Span that it belongs to',
    resource LowCardinality(String) COMMENT 'Container, pod, node or database that it is about',
    object_types Array(LowCardinality(String)) COMMENT 'Documents that it names: types',
    object_ids Array(String) COMMENT 'Documents that it names: ids',
    attributes String COMMENT 'Attributes as JSON',
    feed LowCardinality(String) COMMENT 'Way in',
    batch_id UInt64 COMMENT 'Batch that brought it',
    ordinal UInt32 COMMENT 'Position in the batch',
    first_arrival UInt64 COMMENT 'Larger for earlier arrivals',
    INDEX by_trace trace_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_arrival received_at TYPE minmax
)
ENGINE = ReplacingMergeTree(first_arrival)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant_id, system, at, log_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Log records of the systems';

CREATE TABLE IF NOT EXISTS sightline.quality_findings
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    feed LowCardinality(String) COMMENT 'Source that it is about',
    check_id LowCardinality(String) COMMENT 'field_vanished, type_changed, field_new, …',
    subject String COMMENT 'Path in the payload, or what else it is about',
    severity LowCardinality(String) COMMENT 'error, warning or info',
    message String COMMENT 'What was seen, one sentence',
    evidence String COMMENT 'Numbers and examples as JSON',
    first_at DateTime64(6, 'UTC') COMMENT 'Since when',
    last_at DateTime64(6, 'UTC') COMMENT 'Seen last',
    state LowCardinality(String) COMMENT 'open, acknowledged or gone',
    version UInt64 COMMENT 'Microseconds of the last change: which row stands'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, feed, check_id, subject)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What is wrong with what sources send: contract drift';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.batch_arrivals_from_events TO sightline.batch_arrivals AS
SELECT
    tenant_id,
    feed,
    toStartOfMinute(any(subtractMicroseconds(received_at, ordinal))) AS minute,
    batch_id,
    groupBitmapState(ordinal) AS ordinals
FROM sightline.events
WHERE batch_id != 0
GROUP BY tenant_id, feed, batch_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.batch_arrivals_from_calls TO sightline.batch_arrivals AS
SELECT
    tenant_id,
    feed,
    toStartOfMinute(any(subtractMicroseconds(received_at, ordinal))) AS minute,
    batch_id,
    groupBitmapState(ordinal) AS ordinals
FROM sightline.integration_calls
WHERE batch_id != 0
GROUP BY tenant_id, feed, batch_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.batch_arrivals_from_metrics TO sightline.batch_arrivals AS
SELECT
    tenant_id,
    feed,
    toStartOfMinute(any(subtractMicroseconds(received_at, ordinal))) AS minute,
    batch_id,
    groupBitmapState(ordinal) AS ordinals
FROM sightline.metric_points
WHERE batch_id != 0
GROUP BY tenant_id, feed, batch_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.batch_arrivals_from_logs TO sightline.batch_arrivals AS
SELECT
    tenant_id,
    feed,
    toStartOfMinute(any(subtractMicroseconds(received_at, ordinal))) AS minute,
    batch_id,
    groupBitmapState(ordinal) AS ordinals
FROM sightline.logs
WHERE batch_id != 0
GROUP BY tenant_id, feed, batch_id;

-- What process views and the page of exceptions read: computed from the timelines once, and read by the days of their window.

CREATE TABLE IF NOT EXISTS sightline.process_traces
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the object',
    started_day Date32 COMMENT 'Day of its first event, UTC',
    object_id String COMMENT 'Id of the object',
    started_at DateTime64(6, 'UTC') COMMENT 'Its first event',
    instants Array(DateTime64(6, 'UTC')) COMMENT 'When each of its steps happened, in order',
    ends Array(DateTime64(6, 'UTC')) COMMENT 'When each step ended; 1970 where no end of it is known',
    activities Array(LowCardinality(String)) COMMENT 'Canonical activity of each step',
    source_activities Array(LowCardinality(String)) COMMENT 'The source''s own name of each step',
    workflow_steps Array(LowCardinality(String)) COMMENT 'Workflow step of each step',
    actors Array(String) COMMENT 'Who did each step',
    systems Array(LowCardinality(String)) COMMENT 'System of each step',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where the object begins on another day now, or has lost its events',
    INDEX by_object object_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, object_type, started_day, object_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024
COMMENT 'Traces: the steps of each object in order';

CREATE TABLE IF NOT EXISTS sightline.exception_items
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    raised_day Date32 COMMENT 'Day it was raised on, UTC',
    document_type LowCardinality(String) COMMENT 'Document that it is about: type',
    document_id String COMMENT 'Document that it is about: id',
    kind LowCardinality(String) COMMENT 'exception; operation that failed at least once; verdict without an exception of its own',
    item_id String COMMENT 'Exception, operation, or what was said of the document',
    raised_at DateTime64(6, 'UTC') COMMENT 'When it was raised, or failed first',
    resolved_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was resolved, or succeeded after the last failure; null while it is open',
    class LowCardinality(String) COMMENT 'business, technical or unknown, at raising',
    category LowCardinality(String) COMMENT 'Category within the class',
    reaction LowCardinality(String) COMMENT 'What it asks for',
    code LowCardinality(String) COMMENT 'Code as the source wrote it',
    system LowCardinality(String) COMMENT 'System that raised it',
    raising_event_id UUID COMMENT 'Event that raised it',
    caused_by String COMMENT 'What it is a consequence of, as the source names it',
    attempts UInt32 COMMENT 'Attempts of the operation, 0 of others',
    failed_attempts UInt32 COMMENT 'Attempts of the operation that failed technically, 1 of technical verdicts',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where it was not raised on this day',
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, raised_day, document_type, document_id, kind, item_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Exceptions, failed operations and verdicts, each once';

CREATE TABLE IF NOT EXISTS sightline.process_days
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the objects',
    started_day Date32 COMMENT 'Day of their first event, UTC',
    objects UInt64 COMMENT 'Objects that began on the day',
    steps UInt64 COMMENT 'Their steps, on whatever day',
    version UInt64 COMMENT 'Run that wrote it, microseconds'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, object_type, started_day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Objects and steps by the day they began';

CREATE TABLE IF NOT EXISTS sightline.object_activity
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the object',
    last_day Date32 COMMENT 'Day of its latest event, UTC',
    object_id String COMMENT 'Id of the object',
    first_at DateTime64(6, 'UTC') COMMENT 'Its first event',
    last_at DateTime64(6, 'UTC') COMMENT 'Its latest event',
    events UInt32 COMMENT 'Its events',
    last_activity LowCardinality(String) COMMENT 'Activity of its latest event',
    supplier LowCardinality(String) COMMENT 'Supplier that was named last',
    entity LowCardinality(String) COMMENT 'Entity that was named last',
    business_exceptions UInt32 COMMENT 'Business exceptions',
    technical_failures UInt32 COMMENT 'Operations that failed technically',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where its latest event is of another day now, or it has lost its events',
    INDEX by_object object_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, object_type, last_day, object_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Objects by the day of their latest event';

CREATE TABLE IF NOT EXISTS sightline.ai_events
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    occurred_day Date32 COMMENT 'Day it happened on, UTC',
    event_id UUID COMMENT 'The event',
    document_type LowCardinality(String) COMMENT 'Document that it is about: type',
    document_id String COMMENT 'Document that it is about: id',
    occurred_at DateTime64(6, 'UTC') COMMENT 'When it happened',
    activity LowCardinality(String) COMMENT 'Canonical activity, or the source''s own name',
    mapped Bool COMMENT 'Whether activity is canonical',
    flag LowCardinality(String) COMMENT 'unreviewed_change or unreviewed_recommendation, as flagged when it came',
    actor_id String COMMENT 'Who did it',
    actor_kind LowCardinality(String) COMMENT 'human, system or ai_agent',
    system LowCardinality(String) COMMENT 'System',
    object_types Array(LowCardinality(String)) COMMENT 'Objects of the event: types',
    object_ids Array(String) COMMENT 'Objects of the event: ids',
    about Array(Tuple(type String, id String)) COMMENT 'What it is about: its objects other than suppliers, contracts, runs and approvals, where it has such',
    model LowCardinality(String) COMMENT 'Model',
    model_version LowCardinality(String) COMMENT 'Version of the model',
    kind LowCardinality(String) COMMENT 'classification, extraction, recommendation, …',
    input_ref String COMMENT 'What it was computed from',
    confidence Nullable(Float64) COMMENT 'Stated confidence, 0 to 1',
    decision LowCardinality(String) COMMENT 'accepted, overridden or other, where a person decided on the event itself; empty else',
    review LowCardinality(String) COMMENT 'Of ai.reviewed by a person: accepted, overridden or other; empty else',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where the event no longer stands',
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, occurred_day, event_id, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What AI did and what people decided on it';

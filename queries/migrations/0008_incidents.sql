-- Technical incidents: attempts of operations by system and day, and what they cluster into.

CREATE TABLE IF NOT EXISTS sightline.operation_attempts
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    system LowCardinality(String) COMMENT 'System that was called',
    attempted_day Date COMMENT 'Day of the attempt, UTC',
    attempt_id String COMMENT 'Event of the attempt, or trace and span of a call',
    document_type LowCardinality(String) COMMENT 'Document that it served: type; empty where a call names none',
    document_id String COMMENT 'Document that it served: id',
    attempted_at DateTime64(6, 'UTC') COMMENT 'When its result was known',
    kind LowCardinality(String) COMMENT 'attempt; call; given_up; announced and withdrawn: a failure told of a connector itself; caused and released: an exception that names what caused it',
    operation_id String COMMENT 'Operation that it is an attempt of, exception that is announced, or cause that is named',
    operation_class LowCardinality(String) COMMENT 'What is done, whatever the document: step, or name of a call',
    exception_id String COMMENT 'Exception that is raised or resolved; empty when none',
    outcome LowCardinality(String) COMMENT 'ok or failed; a verdict against the document has failed and the class business',
    class LowCardinality(String) COMMENT 'business, technical, unknown or none',
    category LowCardinality(String) COMMENT 'Category within the class',
    code LowCardinality(String) COMMENT 'Code as the source wrote it, or status of the call',
    supplier LowCardinality(String) COMMENT 'Supplier of the document',
    leads Bool COMMENT 'Whether the attempt is about this document, rather than another that it names',
    amount Nullable(Decimal(18, 4)) COMMENT 'Latest amount of the document, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes; 0 of calls',
    version UInt64 COMMENT 'Which row of the same key wins: run that wrote it, microseconds; larger for earlier arrivals of calls',
    arrived_at DateTime64(6, 'UTC') COMMENT 'When the row was written, by ClickHouse''s clock',
    is_deleted UInt8 COMMENT '1 where the event no longer stands',
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_operation operation_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_arrival arrived_at TYPE minmax
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(attempted_day)
ORDER BY (tenant_id, system, attempted_day, attempt_id, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Attempts of operations and calls, by system and day';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.operation_attempts_from_calls TO sightline.operation_attempts AS
SELECT
    tenant_id,
    system,
    toDate(started_at) AS attempted_day,
    concat(trace_id, '/', span_id) AS attempt_id,
    document.1 AS document_type,
    document.2 AS document_id,
    started_at + toIntervalMicrosecond(toInt64(round(duration_ms * 1000))) AS attempted_at,
    'call' AS kind,
    concat(operation, ' ', if(document.2 = '', attempt_id, document.2)) AS operation_id,
    operation AS operation_class,
    '' AS exception_id,
    if(class = 'none' AND status = 'ok', 'ok', 'failed') AS outcome,
    class,
    category,
    if(status_code > 0, concat('HTTP ', toString(status_code)), if(error_type != '', error_type, status)) AS code,
    '' AS supplier,
    document_at = 1 AS leads,
    CAST(NULL, 'Nullable(Decimal(18, 4))') AS amount,
    toLowCardinality('') AS currency,
    toUInt64(0) AS content,
    first_arrival AS version,
    now64(6, 'UTC') AS arrived_at,
    toUInt8(0) AS is_deleted
FROM sightline.integration_calls
LEFT ARRAY JOIN
    if(class = 'technical', arrayZip(object_types, object_ids), arraySlice(arrayZip(object_types, object_ids), 1, 1)) AS document,
    arrayEnumerate(if(class = 'technical', object_ids, arraySlice(object_ids, 1, 1))) AS document_at
WHERE system != ''
    AND kind NOT IN ('workflow', 'other')
    AND status != 'cancelled'
    AND NOT (span_kind = 'server' AND parent_span_id != '');

CREATE TABLE IF NOT EXISTS sightline.incident_history
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    incident_id String COMMENT 'Hash of its system, its family and its first failure',
    version UInt64 COMMENT 'Since when it is known: microseconds, start of the run that computed it',
    absent Bool COMMENT 'Whether it no longer stands by itself: joined with another, split, or corrected away',
    system LowCardinality(String) COMMENT 'System that failed',
    family LowCardinality(String) COMMENT 'Categories that are one trouble: availability, auth, rate_limit, schema_mapping, …',
    category LowCardinality(String) COMMENT 'Most frequent category of its failures',
    first_failed_at DateTime64(6, 'UTC') COMMENT 'First failure, or when it was announced',
    last_failed_at DateTime64(6, 'UTC') COMMENT 'Last failure',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When all its classes of operation had succeeded again; null without such evidence',
    by_cluster_rule Bool COMMENT 'Whether verdicts of the system were read as one technical cause: the same 4xx for many suppliers at once',
    failed_attempts UInt32 COMMENT 'Attempts that failed',
    attempts UInt32 COMMENT 'Attempts on the system from its first to its last failure',
    operations UInt32 COMMENT 'Operations with a failed attempt',
    operations_healed UInt32 COMMENT 'Of these: those that succeeded later',
    operations_given_up UInt32 COMMENT 'Of these: those that were given up',
    suppliers UInt32 COMMENT 'Suppliers of the documents',
    classes String COMMENT 'Classes of operation as JSON: last failure and recovery of each',
    codes Array(Tuple(String, UInt32)) COMMENT 'Codes with their number, most frequent first',
    samples String COMMENT 'Some failures with their messages as JSON',
    announced Array(String) COMMENT 'Exceptions by which it was announced',
    release_before String COMMENT 'Deployment or mapping version that last worked; empty when not told',
    release_after String COMMENT 'Deployment or mapping version that failed; empty when not told',
    content UInt64 COMMENT 'Hash of all that is said, 0 where it is absent'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, incident_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Technical incidents, every state they ever had';

CREATE TABLE IF NOT EXISTS sightline.incidents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    incident_id String COMMENT 'Hash of its system, its family and its first failure',
    system LowCardinality(String) COMMENT 'System that failed',
    family LowCardinality(String) COMMENT 'Categories that are one trouble',
    category LowCardinality(String) COMMENT 'Most frequent category of its failures',
    first_failed_at DateTime64(6, 'UTC') COMMENT 'First failure, or when it was announced',
    last_failed_at DateTime64(6, 'UTC') COMMENT 'Last failure',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When all its classes of operation had succeeded again; null without such evidence',
    by_cluster_rule Bool COMMENT 'Whether verdicts of the system were read as one technical cause',
    failed_attempts UInt32 COMMENT 'Attempts that failed',
    attempts UInt32 COMMENT 'Attempts on the system from its first to its last failure',
    operations UInt32 COMMENT 'Operations with a failed attempt',
    operations_healed UInt32 COMMENT 'Of these: those that succeeded later',
    operations_given_up UInt32 COMMENT 'Of these: those that were given up',
    suppliers UInt32 COMMENT 'Suppliers of the documents',
    classes String COMMENT 'Classes of operation as JSON: last failure and recovery of each',
    codes Array(Tuple(String, UInt32)) COMMENT 'Codes with their number, most frequent first',
    samples String COMMENT 'Some failures with their messages as JSON',
    announced Array(String) COMMENT 'Exceptions by which it was announced',
    release_before String COMMENT 'Deployment or mapping version that last worked',
    release_after String COMMENT 'Deployment or mapping version that failed',
    version UInt64 COMMENT 'Since when it is known, microseconds',
    is_deleted UInt8 COMMENT '1 where it no longer stands by itself'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, incident_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Technical incidents as they are known now';

CREATE TABLE IF NOT EXISTS sightline.incident_documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    incident_id String COMMENT 'Incident that blocked it',
    document_type LowCardinality(String) COMMENT 'Document: type',
    document_id String COMMENT 'Document: id',
    operation_id String COMMENT 'Operation that failed, or exception that the incident caused',
    operation_class LowCardinality(String) COMMENT 'What should be done',
    system LowCardinality(String) COMMENT 'System that failed',
    leads Bool COMMENT 'Whether the operation is about this document, rather than another that it names: its money counts here',
    supplier LowCardinality(String) COMMENT 'Supplier of the document',
    blocked_at DateTime64(6, 'UTC') COMMENT 'First failed attempt of the operation',
    released_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When its effect was there, by whatever way; null while it is not',
    released_by LowCardinality(String) COMMENT 'operation: it succeeded; step: the step was done another way; exception: it was resolved; empty while blocked',
    failed_attempts UInt32 COMMENT 'Failed attempts',
    amount Nullable(Decimal(18, 4)) COMMENT 'Amount of the document, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where the incident no longer blocks it',
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, incident_id, document_type, document_id, operation_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Documents that incidents blocked';

-- The truth and its timelines. Everything but `events` can be rebuilt from `events`.

CREATE TABLE IF NOT EXISTS sightline.events
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    event_id UUID COMMENT 'UUIDv5 of tenant and natural id: the identity of the event',
    content_hash UInt64 COMMENT 'Hash of what the producer said; two hashes under one event_id are a named conflict',
    natural_id String COMMENT 'Id that the producer gave',
    source String COMMENT 'CloudEvents source',
    type LowCardinality(String) COMMENT 'CloudEvents type',
    occurred_at DateTime64(6, 'UTC') COMMENT 'When it happened, by the producer''s clock',
    received_at DateTime64(6, 'UTC') COMMENT 'When it first arrived here',
    seq UInt64 COMMENT 'Producer''s order among equal instants: offset, position or line',
    activity LowCardinality(String) COMMENT 'Canonical activity, or the source''s own name where unmapped',
    source_activity LowCardinality(String) COMMENT 'The source''s own name of the activity',
    mapped Bool COMMENT 'Whether activity is canonical',
    step LowCardinality(String) COMMENT 'Workflow step, empty when unknown',
    lifecycle LowCardinality(String) COMMENT 'scheduled, started, completed, …; empty when unknown',
    system LowCardinality(String) COMMENT 'System that reported or performed it',
    system_class LowCardinality(String) COMMENT 'erp, contract, supplier_portal, tax, …',
    object_types Array(LowCardinality(String)) COMMENT 'Types of the objects it touches',
    object_ids Array(String) COMMENT 'Ids of the objects, parallel to object_types',
    object_qualifiers Array(LowCardinality(String)) COMMENT 'Roles of the objects, parallel to object_types',
    waits_kind LowCardinality(String) COMMENT 'person, supplier or system that the step waits on from here',
    waits_id String COMMENT 'Who or what is waited on',
    waits_step LowCardinality(String) COMMENT 'Step that waits',
    actor_id String COMMENT 'Who did it',
    actor_kind LowCardinality(String) COMMENT 'human, system or ai_agent',
    on_behalf_of String COMMENT 'Whom the actor stood in for',
    workflow_run String COMMENT 'Run of the workflow engine',
    status LowCardinality(String) COMMENT 'Outcome: ok, rejected, failed, timeout, cancelled, skipped; empty when none',
    code LowCardinality(String) COMMENT 'Outcome code as the source wrote it',
    message String COMMENT 'Outcome message',
    retryable Nullable(Bool) COMMENT 'Whether the source calls it retryable',
    class LowCardinality(String) COMMENT 'business, technical, unknown or none',
    category LowCardinality(String) COMMENT 'Category within the class',
    reaction LowCardinality(String) COMMENT 'decide, correct_data, retry, fix_config, escalate_vendor or none',
    confidence Float32 COMMENT 'Confidence of the classification, 0 to 1',
    rule_version LowCardinality(String) COMMENT 'Version of the classification rules',
    evidence Array(String) COMMENT 'Which rule fired on which value',
    exception_id String COMMENT 'Exception that it raises or moves',
    exception_state LowCardinality(String) COMMENT 'raised, assigned, parked or resolved',
    exception_caused_by String COMMENT 'Exception, incident or feed that caused the exception',
    operation_id String COMMENT 'Technical operation that it attempts',
    attempt UInt32 COMMENT 'Attempt number of the operation, from 1; 0 when none',
    policy_id LowCardinality(String) COMMENT 'Policy evaluated',
    policy_version LowCardinality(String) COMMENT 'Version of the policy',
    policy_decision LowCardinality(String) COMMENT 'passed, violated, waived or not_evaluated',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money in currency; never summed across currencies',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    base_amount Nullable(Decimal(18, 4)) COMMENT 'Money in base_currency at rate',
    base_currency LowCardinality(String) COMMENT 'ISO 4217 code of base_amount',
    rate Nullable(Float64) COMMENT 'Exchange rate from currency to base_currency',
    rate_date LowCardinality(String) COMMENT 'Day of the rate, ISO 8601',
    due_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Deadline that the event states',
    corrects_id Nullable(UUID) COMMENT 'Event whose place this correction takes',
    completes_id Nullable(UUID) COMMENT 'Started event that this event ends: one activity instance',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category_of_spend LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    trace_id String COMMENT 'W3C trace id, hex',
    span_id String COMMENT 'W3C span id, hex',
    ai String COMMENT 'AI action as JSON: model, version, input reference, confidence, reviewer, decision',
    line String COMMENT 'Line details as JSON',
    terms String COMMENT 'Payment terms as JSON',
    attributes String COMMENT 'Everything else the producer sent, as JSON',
    state_types Array(LowCardinality(String)) COMMENT 'Object attributes: type of the object, one entry an attribute',
    state_ids Array(String) COMMENT 'Object attributes: id of the object',
    state_names Array(LowCardinality(String)) COMMENT 'Object attributes: name',
    state_values Array(String) COMMENT 'Object attributes: value as text',
    import_id String COMMENT 'Import that brought it; empty for live events',
    first_arrival UInt64 COMMENT 'Larger for earlier arrivals, so that of equal copies the first one stands',
    INDEX by_arrival received_at TYPE minmax
)
ENGINE = ReplacingMergeTree(first_arrival)
PARTITION BY toYear(occurred_at)
ORDER BY (tenant_id, event_id, content_hash, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every event once by identity, content and import; the truth';

-- One row per (object, event). Rows from the view below win by first arrival; rows written when corrections and conflicts are settled
-- carry versions above 2^63 and win over both. No partition: an object's rows must collapse whatever their dates.
CREATE TABLE IF NOT EXISTS sightline.object_events
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the object',
    object_id String COMMENT 'Id of the object',
    event_id UUID COMMENT 'The event',
    content_hash UInt64 COMMENT 'Which content of the event, where copies conflict',
    qualifier LowCardinality(String) COMMENT 'Role of the object in the event',
    occurred_at DateTime64(6, 'UTC') COMMENT 'When it happened',
    received_at DateTime64(6, 'UTC') COMMENT 'When it first arrived here',
    seq UInt64 COMMENT 'Order among equal instants; a correction inherits that of the event it replaces',
    place_id UUID COMMENT 'Last resort of the order; a correction inherits that of the event it replaces',
    activity LowCardinality(String) COMMENT 'Canonical activity, or the source''s own name',
    source_activity LowCardinality(String) COMMENT 'The source''s own name',
    mapped Bool COMMENT 'Whether activity is canonical',
    is_step Bool COMMENT 'False for the completing twin of a started event: not a step of its own in process views',
    completes_id Nullable(UUID) COMMENT 'Started event that this one ends',
    source String COMMENT 'CloudEvents source',
    step LowCardinality(String) COMMENT 'Workflow step',
    lifecycle LowCardinality(String) COMMENT 'scheduled, started, completed, …',
    system LowCardinality(String) COMMENT 'System',
    system_class LowCardinality(String) COMMENT 'Class of the system',
    actor_id String COMMENT 'Who did it',
    actor_kind LowCardinality(String) COMMENT 'human, system or ai_agent',
    waits_kind LowCardinality(String) COMMENT 'person, supplier or system waited on',
    waits_id String COMMENT 'Who or what is waited on',
    status LowCardinality(String) COMMENT 'Outcome',
    code LowCardinality(String) COMMENT 'Outcome code',
    class LowCardinality(String) COMMENT 'business, technical, unknown or none',
    category LowCardinality(String) COMMENT 'Category within the class',
    reaction LowCardinality(String) COMMENT 'What it asks for',
    exception_id String COMMENT 'Exception that it raises or moves',
    exception_state LowCardinality(String) COMMENT 'raised, assigned, parked or resolved',
    exception_caused_by String COMMENT 'What caused the exception',
    operation_id String COMMENT 'Technical operation',
    attempt UInt32 COMMENT 'Attempt number, 0 when none',
    policy_id LowCardinality(String) COMMENT 'Policy evaluated',
    policy_version LowCardinality(String) COMMENT 'Version of the policy',
    policy_decision LowCardinality(String) COMMENT 'passed, violated, waived or not_evaluated',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217 code',
    due_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Deadline that the event states',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category_of_spend LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    dims Array(String) ALIAS ['', entity, business_unit, plant, region, risk_category, budget_owner, category_of_spend, supplier, approver, system] COMMENT 'What KPIs group and filter by, in the order of DIMENSIONS after an empty first place',
    import_id String COMMENT 'Import that brought it',
    live Bool COMMENT 'False when a correction or an earlier copy stands in its place',
    version UInt64 COMMENT 'Which row of the same key wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, object_type, object_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Timelines: one row per object and event';

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
    import_id,
    true AS live,
    first_arrival AS version
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id,
    object_qualifiers AS qualifier;

CREATE TABLE IF NOT EXISTS sightline.object_state
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the object',
    object_id String COMMENT 'Id of the object',
    name LowCardinality(String) COMMENT 'Attribute',
    event_id UUID COMMENT 'Event that stated the value',
    content_hash UInt64 COMMENT 'Which content of the event, where copies conflict',
    value String COMMENT 'Value as text',
    occurred_at DateTime64(6, 'UTC') COMMENT 'Since when; the latest value is argMax by (occurred_at, seq, place_id)',
    seq UInt64 COMMENT 'Order among equal instants; a correction inherits that of the event it replaces',
    place_id UUID COMMENT 'Last resort of the order; a correction inherits that of the event it replaces',
    live Bool COMMENT 'False when a correction stands in the event''s place',
    version UInt64 COMMENT 'Which row of the same key wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, object_type, object_id, name, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Attributes of objects with the event that stated them';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_state_from_events TO sightline.object_state AS
SELECT
    tenant_id,
    object_type,
    object_id,
    name,
    event_id,
    content_hash,
    value,
    occurred_at,
    seq,
    event_id AS place_id,
    true AS live,
    first_arrival AS version
FROM sightline.events
ARRAY JOIN
    state_types AS object_type,
    state_ids AS object_id,
    state_names AS name,
    state_values AS value;

CREATE TABLE IF NOT EXISTS sightline.corrections
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    target_id UUID COMMENT 'Event that is corrected',
    event_id UUID COMMENT 'Event that takes its place',
    content_hash UInt64 COMMENT 'Which content of that event says so, where copies conflict',
    occurred_at DateTime64(6, 'UTC') COMMENT 'Instant that the correction states',
    seq UInt64 COMMENT 'Producer''s order: of two corrections of one event the later stands'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, target_id, event_id, content_hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Which event takes which event''s place';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.corrections_from_events TO sightline.corrections AS
SELECT
    tenant_id,
    assumeNotNull(corrects_id) AS target_id,
    event_id,
    content_hash,
    occurred_at,
    seq
FROM sightline.events
WHERE corrects_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS sightline.exception_roots
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    root_id String COMMENT 'Id of an exception or operation that others may name as their cause',
    event_id UUID COMMENT 'Event that raised it, or an attempt that failed',
    content_hash UInt64 COMMENT 'Which content of that event, where copies conflict',
    caused_by String COMMENT 'What it names as its own cause; empty when nothing',
    class LowCardinality(String) COMMENT 'Class of that event by itself',
    category LowCardinality(String) COMMENT 'Category of that event by itself',
    reaction LowCardinality(String) COMMENT 'Reaction of that event by itself',
    occurred_at DateTime64(6, 'UTC') COMMENT 'When it happened'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, root_id, event_id, content_hash)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'What exceptions can be traced back to';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.exception_roots_from_events TO sightline.exception_roots AS
SELECT
    tenant_id,
    arrayJoin(arrayDistinct(arrayFilter(id -> id != '', [exception_id, operation_id]))) AS root_id,
    event_id,
    content_hash,
    exception_caused_by AS caused_by,
    class,
    category,
    reaction,
    occurred_at
FROM sightline.events
WHERE (exception_id != '' OR operation_id != '')
    AND (class != 'none' OR exception_caused_by != '');

-- Clocks of service levels, with every state they ever had.

CREATE TABLE IF NOT EXISTS sightline.sla_clock_history
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'Document: type',
    document_id String COMMENT 'Document: id',
    subject_id String COMMENT 'Service level, subject and epoch',
    version UInt64 COMMENT 'Since when it is known: microseconds, start of the run that computed it',
    absent Bool COMMENT 'Whether there is no such clock any more',
    content UInt64 COMMENT 'Hash of all that is said, 0 where it is absent',
    sla_id LowCardinality(String) COMMENT 'Service level',
    cohort_at DateTime64(6, 'UTC') COMMENT 'When it ended; while it has not, its deadline, and its start where it has none',
    sla_version UInt32 COMMENT 'Version of the definition',
    subject String COMMENT 'Exception that it is about; empty for the whole document',
    epoch UInt32 COMMENT 'From 1, one more with each reset',
    state LowCardinality(String) COMMENT 'running, paused, met, breached or cancelled, as its events tell; an open one is breached once its deadline has passed',
    started_at DateTime64(6, 'UTC') COMMENT 'When it started',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was stopped or cancelled',
    deadline_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Instant of the breach, by the clock itself; null while a pause holds it or no deadline is stated',
    warnings Array(Nullable(DateTime64(6, 'UTC'))) COMMENT 'When its warnings fall due, in the order of the definition',
    used_us Int64 COMMENT 'The target''s own time used up to its end or to running_since, microseconds',
    running_since Nullable(DateTime64(6, 'UTC')) COMMENT 'Start of the stretch that runs now',
    target_us Nullable(Int64) COMMENT 'The target''s own time in all, microseconds; null for a target that is an instant',
    pause_reasons Array(LowCardinality(String)) COMMENT 'Reasons of its pauses, each once',
    pause_us Array(Int64) COMMENT 'Time that they held it, the target''s own, microseconds, parallel to pause_reasons',
    calendar LowCardinality(String) COMMENT 'Calendar that it was counted by; empty for elapsed time',
    calendar_version UInt32 COMMENT 'Version of the calendar',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money of the document, in currency',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System that reported last',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, document_type, document_id, subject_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Clocks of service levels, every state they ever had';

CREATE TABLE IF NOT EXISTS sightline.sla_clocks
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    sla_id LowCardinality(String) COMMENT 'Service level',
    cohort_day Date COMMENT 'Day of cohort_at, UTC',
    document_type LowCardinality(String) COMMENT 'Document: type',
    document_id String COMMENT 'Document: id',
    subject_id String COMMENT 'Service level, subject and epoch',
    cohort_at DateTime64(6, 'UTC') COMMENT 'When it ended; while it has not, its deadline, and its start where it has none',
    sla_version UInt32 COMMENT 'Version of the definition',
    subject String COMMENT 'Exception that it is about; empty for the whole document',
    epoch UInt32 COMMENT 'From 1, one more with each reset',
    state LowCardinality(String) COMMENT 'running, paused, met, breached or cancelled, as its events tell; an open one is breached once its deadline has passed',
    started_at DateTime64(6, 'UTC') COMMENT 'When it started',
    ended_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was stopped or cancelled',
    deadline_at Nullable(DateTime64(6, 'UTC')) COMMENT 'Instant of the breach, by the clock itself; null while a pause holds it or no deadline is stated',
    warnings Array(Nullable(DateTime64(6, 'UTC'))) COMMENT 'When its warnings fall due, in the order of the definition',
    used_us Int64 COMMENT 'The target''s own time used up to its end or to running_since, microseconds',
    running_since Nullable(DateTime64(6, 'UTC')) COMMENT 'Start of the stretch that runs now',
    target_us Nullable(Int64) COMMENT 'The target''s own time in all, microseconds; null for a target that is an instant',
    pause_reasons Array(LowCardinality(String)) COMMENT 'Reasons of its pauses, each once',
    pause_us Array(Int64) COMMENT 'Time that they held it, the target''s own, microseconds, parallel to pause_reasons',
    calendar LowCardinality(String) COMMENT 'Calendar that it was counted by; empty for elapsed time',
    calendar_version UInt32 COMMENT 'Version of the calendar',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money of the document, in currency',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System that reported last',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    version UInt64 COMMENT 'Since when it is known, microseconds',
    is_deleted UInt8 COMMENT '1 where the clock left this day'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(cohort_day)
ORDER BY (tenant_id, sla_id, cohort_day, document_type, document_id, subject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Clocks of service levels as they are known now';

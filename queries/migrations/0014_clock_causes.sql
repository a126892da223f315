-- Clocks: when they escalate after the deadline, and what a breach is due to.

ALTER TABLE sightline.sla_clock_history
    ADD COLUMN IF NOT EXISTS escalations Array(Nullable(DateTime64(6, 'UTC'))) COMMENT 'When it escalates after its deadline, in the order of the definition',
    ADD COLUMN IF NOT EXISTS because Array(LowCardinality(String)) COMMENT 'Of a breach that ended: smallest sets of causes without which it would have been met, each joined by +',
    ADD COLUMN IF NOT EXISTS because_systems Array(LowCardinality(String)) COMMENT 'The same of the systems that failed',
    COMMENT COLUMN calendar_version 'Since when the version of the calendar holds that decided it, seconds since 1970; 0 for one that always works',
    COMMENT COLUMN target_us 'The target''s own time in all, microseconds; of a target that is an instant the time from the start to it';

ALTER TABLE sightline.sla_clocks
    ADD COLUMN IF NOT EXISTS escalations Array(Nullable(DateTime64(6, 'UTC'))) COMMENT 'When it escalates after its deadline, in the order of the definition' AFTER currency,
    ADD COLUMN IF NOT EXISTS because Array(LowCardinality(String)) COMMENT 'Of a breach that ended: smallest sets of causes without which it would have been met, each joined by +' AFTER escalations,
    ADD COLUMN IF NOT EXISTS because_systems Array(LowCardinality(String)) COMMENT 'The same of the systems that failed' AFTER because,
    COMMENT COLUMN calendar_version 'Since when the version of the calendar holds that decided it, seconds since 1970; 0 for one that always works',
    COMMENT COLUMN target_us 'The target''s own time in all, microseconds; of a target that is an instant the time from the start to it';

DROP VIEW IF EXISTS sightline.open_clocks_from_sla_clocks;

ALTER TABLE sightline.open_clocks
    ADD COLUMN IF NOT EXISTS escalations Array(Nullable(DateTime64(6, 'UTC'))) COMMENT 'When it escalates after its deadline, in the order of the definition' AFTER currency,
    ADD COLUMN IF NOT EXISTS because Array(LowCardinality(String)) COMMENT 'Of a breach that ended: smallest sets of causes without which it would have been met, each joined by +' AFTER escalations,
    ADD COLUMN IF NOT EXISTS because_systems Array(LowCardinality(String)) COMMENT 'The same of the systems that failed' AFTER because;

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.open_clocks_from_sla_clocks TO sightline.open_clocks AS
SELECT * REPLACE (is_deleted = 1 OR state NOT IN ('running', 'paused') AS is_deleted)
FROM sightline.sla_clocks;

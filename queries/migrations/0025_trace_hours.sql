-- When the spans of a trace started: a trace, and the calls of a document, were looked for in every month that is kept.

CREATE TABLE IF NOT EXISTS sightline.trace_hours
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    trace_id String COMMENT 'W3C trace id, hex; a connector''s own run id where there is none',
    hour DateTime('UTC') COMMENT 'Hour in which spans of it started, by which calls are sorted'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, trace_id, hour)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Hours in which spans of traces started';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.trace_hours_from_calls TO sightline.trace_hours AS
SELECT DISTINCT
    tenant_id,
    trace_id,
    toStartOfHour(started_at) AS hour
FROM sightline.integration_calls;

-- What was stored until the view was there. What both give is one row.

INSERT INTO sightline.trace_hours
SELECT DISTINCT
    tenant_id,
    trace_id,
    toStartOfHour(started_at) AS hour
FROM sightline.integration_calls;

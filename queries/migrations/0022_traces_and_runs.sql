-- The traces that the events of a document carry, by the document: a page of a document or of a trace looked for them among all events of
-- its documents. Runs of workflows are found among calls by an index.

CREATE TABLE IF NOT EXISTS sightline.object_traces
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the object',
    object_id String COMMENT 'Id of the object',
    trace_id String COMMENT 'W3C trace id that the event carries, hex',
    event_id UUID COMMENT 'The event'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, object_type, object_id, trace_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Traces that the events of objects carry';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_traces_from_events TO sightline.object_traces AS
SELECT
    tenant_id,
    object_type,
    object_id,
    trace_id,
    event_id
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id
WHERE trace_id != '';

-- What was stored until the view was there. What both give is one row.

INSERT INTO sightline.object_traces
SELECT
    tenant_id,
    object_type,
    object_id,
    trace_id,
    event_id
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id
WHERE trace_id != '';

ALTER TABLE sightline.integration_calls ADD INDEX IF NOT EXISTS by_run workflow_run TYPE bloom_filter(0.01) GRANULARITY 4;
ALTER TABLE sightline.integration_calls MATERIALIZE INDEX by_run SETTINGS mutations_sync = 2;

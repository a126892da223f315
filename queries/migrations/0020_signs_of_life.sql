-- The minutes in which sources showed a sign of life, so that the pace of a source is learned from its last weeks and not from all that is
-- stored. Live events count in the minute in which they came. What came from a file counts in the minute in which it happened, and so may
-- what lay back 36 hours or more when it came live: which of it does, is known when the first live event of the source is.

CREATE TABLE IF NOT EXISTS sightline.source_spans
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    source String COMMENT 'CloudEvents source',
    import_id String COMMENT 'Import that brought it; empty for live events',
    first_live_at SimpleAggregateFunction(min, Nullable(DateTime64(6, 'UTC'))) COMMENT 'When the first one came that came live; null where all are from files',
    last_live_at SimpleAggregateFunction(max, Nullable(DateTime64(6, 'UTC'))) COMMENT 'When the last one came that came live; null where all are from files',
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the latest of its events happened',
    last_received_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) COMMENT 'When the last one came'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, source, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'When each source began to send and sent last';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_spans_from_events TO sightline.source_spans AS
SELECT
    tenant_id,
    source,
    import_id,
    minOrNullIf(received_at, feed != 'import' AND import_id = '') AS first_live_at,
    maxOrNullIf(received_at, feed != 'import' AND import_id = '') AS last_live_at,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at
FROM sightline.events
GROUP BY
    tenant_id,
    source,
    import_id;

CREATE TABLE IF NOT EXISTS sightline.source_minutes
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    source String COMMENT 'CloudEvents source',
    day Date COMMENT 'Day of the minute',
    happened Bool COMMENT 'Whether something happened in the minute that came late or from a file; else something came live in it',
    minute DateTime('UTC') COMMENT 'The minute',
    import_id String COMMENT 'Import that brought it; empty for live events',
    from_file SimpleAggregateFunction(max, Bool) COMMENT 'Whether some of what happened came from a file',
    prompt SimpleAggregateFunction(max, Bool) COMMENT 'Whether some of what came lay back less than 36 hours',
    first_received_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')) COMMENT 'When the first of it came'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant_id, source, day, happened, minute, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Minutes in which each source showed a sign of life';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_minutes_from_events TO sightline.source_minutes AS
WITH
    feed = 'import' OR import_id != '' AS loaded,
    occurred_at < received_at - INTERVAL 36 HOUR AS late
SELECT
    tenant_id,
    source,
    toDate(minute) AS day,
    happened,
    toStartOfMinute(toDateTime(if(happened, occurred_at, received_at), 'UTC')) AS minute,
    import_id,
    loaded AS from_file,
    NOT loaded AND NOT late AS prompt,
    received_at AS first_received_at
FROM sightline.events
ARRAY JOIN if(loaded, [true], if(late, [false, true], [false])) AS happened
WHERE NOT happened
    OR (
        occurred_at >= toDateTime64('1970-01-01 00:00:00', 6, 'UTC')
        AND occurred_at < toDateTime64('2106-01-01 00:00:00', 6, 'UTC')
    );

-- What is stored while this is applied; what the views wrote of it may be written again.

INSERT INTO sightline.source_spans
SELECT
    tenant_id,
    source,
    import_id,
    minOrNullIf(received_at, feed != 'import' AND import_id = '') AS first_live_at,
    maxOrNullIf(received_at, feed != 'import' AND import_id = '') AS last_live_at,
    max(occurred_at) AS last_at,
    max(received_at) AS last_received_at
FROM sightline.events
GROUP BY
    tenant_id,
    source,
    import_id;

INSERT INTO sightline.source_minutes
WITH
    feed = 'import' OR import_id != '' AS loaded,
    occurred_at < received_at - INTERVAL 36 HOUR AS late
SELECT
    tenant_id,
    source,
    toDate(minute) AS day,
    happened,
    toStartOfMinute(toDateTime(if(happened, occurred_at, received_at), 'UTC')) AS minute,
    import_id,
    loaded AS from_file,
    NOT loaded AND NOT late AS prompt,
    received_at AS first_received_at
FROM sightline.events
ARRAY JOIN if(loaded, [true], if(late, [false, true], [false])) AS happened
WHERE NOT happened
    OR (
        occurred_at >= toDateTime64('1970-01-01 00:00:00', 6, 'UTC')
        AND occurred_at < toDateTime64('2106-01-01 00:00:00', 6, 'UTC')
    );

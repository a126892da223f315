-- Business time by prefix sums: between two instants it is the difference of what lay before each, so that two ASOF joins answer any
-- pair. A calendar is stored whole, from a floor to a ceiling, in one insert; of two insertions the later stands as a whole: read only
-- the rows of the greatest (calendar_version, version) of a calendar.

CREATE TABLE IF NOT EXISTS sightline.calendar_boundaries
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the calendar',
    calendar LowCardinality(String) COMMENT 'Name of the calendar',
    calendar_version UInt32 COMMENT 'Version of the calendar: past clocks keep theirs',
    at DateTime64(6, 'UTC') COMMENT 'Instant of opening or closing; the first row is the floor, the last the ceiling of what is stored',
    open_us_before Int64 COMMENT 'Business time from the floor to at, in microseconds',
    is_open UInt8 COMMENT '1 where business time runs from at on, else 0',
    version UInt64 COMMENT 'When it was stored, microseconds since 1970: the later storing of one calendar_version stands'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, calendar, calendar_version, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Compiled calendars: what reference data and the holidays library say, as prefix sums';

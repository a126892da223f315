-- The instant of marks: ClickHouse's own clock, microseconds.
SELECT toUnixTimestamp64Micro(now64(6, 'UTC')) AS now

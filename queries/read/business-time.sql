-- title: Business time between pairs of instants
-- unit: microseconds
-- better: neither
-- grain: one row a pair, in the order given; null where the calendar is unknown or the pair leaves what is stored of it
--
-- calendars, starts and ends are parallel; instants in microseconds since 1970. Negative where a pair ends before it starts.

WITH
    calendar_edges AS
    (
        -- include shared/calendar-edges
    ),
    spans AS
    (
        SELECT
            pair.1 AS number,
            pair.2 AS calendar,
            fromUnixTimestamp64Micro(pair.3, 'UTC') AS start_at,
            fromUnixTimestamp64Micro(pair.4, 'UTC') AS end_at
        FROM
        (
            SELECT arrayJoin(arrayZip(
                arrayEnumerate({calendars:Array(String)}),
                {calendars:Array(String)},
                {starts:Array(Int64)},
                {ends:Array(Int64)})) AS pair
        )
    )
SELECT
    toUInt32(spans.number) AS pair,
    -- include shared/business-us
FROM spans
-- include shared/business-joins
ORDER BY pair

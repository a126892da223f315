-- title: Business time between pairs of instants
-- unit: microseconds
-- better: neither
-- grain: one row a pair, in the order given; null where the calendar is unknown or the pair leaves what is stored of it
--
-- calendars, starts and ends are parallel; instants in microseconds since 1970. Negative where a pair ends before it starts.

WITH
    newest AS
    (
        SELECT
            calendar,
            max((calendar_version, version)) AS stored
        FROM sightline.calendar_boundaries
        WHERE tenant_id = {tenant_id:String}
            AND calendar IN {calendars:Array(String)}
        GROUP BY calendar
    ),
    edges AS
    (
        SELECT
            calendar,
            at,
            open_us_before,
            is_open
        FROM sightline.calendar_boundaries
        WHERE tenant_id = {tenant_id:String}
            AND calendar IN {calendars:Array(String)}
            AND (calendar, (calendar_version, version)) IN (SELECT calendar, stored FROM newest)
    ),
    horizons AS
    (
        SELECT
            calendar,
            min(at) AS floor_at,
            max(at) AS ceiling_at
        FROM edges
        GROUP BY calendar
    ),
    pairs AS
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
    toUInt32(pairs.number) AS pair,
    if(
        horizons.calendar != ''
            AND least(pairs.start_at, pairs.end_at) >= horizons.floor_at
            AND greatest(pairs.start_at, pairs.end_at) <= horizons.ceiling_at,
        (ends.open_us_before + ends.is_open * dateDiff('microsecond', ends.at, pairs.end_at))
            - (starts.open_us_before + starts.is_open * dateDiff('microsecond', starts.at, pairs.start_at)),
        NULL) AS business_us
FROM pairs
LEFT JOIN horizons ON horizons.calendar = pairs.calendar
ASOF LEFT JOIN edges AS starts ON starts.calendar = pairs.calendar AND starts.at <= pairs.start_at
ASOF LEFT JOIN edges AS ends ON ends.calendar = pairs.calendar AND ends.at <= pairs.end_at
ORDER BY pair

-- Openings and closings of stored calendars, for `calendar_edges AS (…)`. calendars: their names; calendar_versions: the version of those
-- of which not the newest is meant.
SELECT
    calendar,
    at,
    open_us_before,
    is_open,
    max(at) OVER (PARTITION BY calendar) AS ceiling_at
FROM sightline.calendar_boundaries
WHERE tenant_id = {tenant_id:String}
    AND calendar IN {calendars:Array(String)}
    AND (calendar, (calendar_version, version)) IN
    (
        SELECT
            calendar,
            max((calendar_version, version))
        FROM sightline.calendar_boundaries
        WHERE tenant_id = {tenant_id:String}
            AND calendar IN {calendars:Array(String)}
            AND {calendar_versions:Map(String, UInt32)}[calendar] IN (0, calendar_version)
        GROUP BY calendar
    )

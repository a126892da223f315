-- Joins rows `spans` of (calendar, start_at, end_at) to `calendar_edges`, for shared/business-us.
ASOF LEFT JOIN calendar_edges AS starts ON starts.calendar = spans.calendar AND starts.at <= spans.start_at
ASOF LEFT JOIN calendar_edges AS ends ON ends.calendar = spans.calendar AND ends.at <= spans.end_at

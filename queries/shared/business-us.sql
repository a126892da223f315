-- Microseconds; negative where a span ends before it starts; null where the calendar is unknown or the span leaves what is stored of it.
if(
    starts.calendar != ''
        AND ends.calendar != ''
        AND greatest(spans.start_at, spans.end_at) <= starts.ceiling_at,
    (ends.open_us_before + ends.is_open * dateDiff('microsecond', ends.at, spans.end_at))
        - (starts.open_us_before + starts.is_open * dateDiff('microsecond', starts.at, spans.start_at)),
    NULL
) AS business_us

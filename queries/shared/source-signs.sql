-- Minutes in which sources showed a sign of life, on `days`, pairs of source and day; each more than once where parts are not merged. What was
-- loaded as history (a file, or what lay 36 hours back in the first day of the source) counts in the minute in which it happened, all else in
-- that in which it came. `spans` tells when each source first sent live; what else it tells of the source stands beside each.
SELECT
    source,
    spans.* EXCEPT (source),
    happened AS is_history,
    minute
FROM sightline.source_minutes
INNER JOIN spans USING (source)
WHERE tenant_id = {tenant_id:String}
    AND (source, day) IN days
    AND if(
        happened,
        from_file OR toStartOfMinute(first_received_at) < toStartOfMinute(first_live + INTERVAL 1 DAY),
        prompt OR minute >= toStartOfMinute(first_live + INTERVAL 1 DAY)
    )

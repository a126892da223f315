-- Adds what the last half-year holds once more, earlier by days, with documents of its own; what is open stays where it is.
INSERT INTO sightline.violations
SELECT * REPLACE (
    addDays(detected_day, -{days:Int32}) AS detected_day,
    addDays(detected_at, -{days:Int32}) AS detected_at,
    concat(document_id, {mark:String}) AS document_id,
    concat(violation_id, {mark:String}) AS violation_id
)
FROM sightline.violations AS rows
WHERE rows.detected_day >= toDate({since:String})
    AND NOT rows.retracted

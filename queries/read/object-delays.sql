-- title: Where the time of one document went
-- unit: microseconds
-- grain: one row
SELECT
    absent,
    -- include shared/delay-columns
FROM sightline.delay_history
PREWHERE tenant_id = {tenant_id:String}
    AND document_type = {type:String}
    AND document_id = {id:String}
    AND subject_id = ''
ORDER BY version DESC
LIMIT 1

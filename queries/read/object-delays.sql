-- title: Where the time of one document went
-- unit: microseconds
-- grain: one row
SELECT
    -- include shared/delay-columns
FROM (
    SELECT *
    FROM sightline.delay_history
    WHERE tenant_id = {tenant_id:String}
        AND document_type = {type:String}
        AND document_id = {id:String}
        AND subject_id = ''
    ORDER BY version DESC
    LIMIT 1
)
WHERE NOT absent

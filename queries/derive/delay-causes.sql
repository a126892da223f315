-- What the exceptions of the scope's documents name as their causes.
SELECT DISTINCT exception_caused_by AS id
FROM sightline.{timelines:Identifier} FINAL
WHERE
    -- include shared/in-scope
    AND exception_caused_by != ''

-- How many events go with the documents of a list.
SELECT count() AS events
FROM (
    -- include shared/expired-events
)

-- How many events go with the documents of a batch and those of the batches that go together with it: each counts in the batch of its first
-- document, so that the batches add up.
SELECT count() AS events
FROM (
    -- include shared/expired-events
)
WHERE first_holder IN (
    SELECT sipHash128(toString(object_type), object_id)
    FROM sightline.{list:Identifier}
    WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}
)

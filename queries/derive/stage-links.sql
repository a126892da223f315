-- The links of the scope's documents, for the statements of a run.
INSERT INTO sightline.derive_links
SELECT
    {batch:String} AS batch,
    *,
    now('UTC') AS made_at
FROM sightline.object_links
WHERE tenant_id = {tenant_id:String}
    AND (object_type, object_id) IN (
        -- include shared/scope-keys
    )

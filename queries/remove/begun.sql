-- What a removal has begun and not ended.
SELECT
    batch,
    any(cut_us) AS cut,
    uniqExactIf((object_type, object_id), object_type != 'procure_to_pay') AS documents
FROM sightline.removals
WHERE tenant_id = {tenant_id:String}
GROUP BY batch

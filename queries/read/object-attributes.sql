-- The latest value of each attribute of one document.
SELECT
    name,
    argMax(value, (occurred_at, seq, place_id)) AS latest
FROM sightline.object_state FINAL
WHERE tenant_id = {tenant_id:String}
    AND object_type = {type:String}
    AND object_id = {id:String}
    AND live
GROUP BY name
ORDER BY name

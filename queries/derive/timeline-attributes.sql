-- Latest attributes of the scope's documents, document by document.
SELECT
    object_type,
    object_id,
    groupArray(name) AS names,
    groupArray(latest) AS values
FROM (
    SELECT
        object_type,
        object_id,
        name,
        argMax(value, (occurred_at, seq, place_id)) AS latest
    FROM sightline.object_state FINAL
    WHERE tenant_id = {tenant_id:String}
        AND live
        AND (object_type, object_id) IN (
            -- include shared/scope-keys
        )
        AND object_type IN {types:Array(String)}
    GROUP BY
        object_type,
        object_id,
        name
)
GROUP BY
    object_type,
    object_id
ORDER BY
    object_type,
    object_id

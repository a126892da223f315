-- Exceptions, operations and verdicts of `items` with whether each is `counted`. Not counted are consequences of a technical failure,
-- technical exceptions beside their own operation, and verdicts of a source or on a document that names its exceptions.
SELECT
    *,
    multiIf(
        kind = 'operation', true,
        kind = 'exception', item_class != 'technical' OR (caused_by = '' AND NOT has_operation),
        item_class = 'technical', NOT has_operation AND NOT has_failure,
        NOT has_exception AND item_source NOT IN (
            SELECT source
            FROM sightline.source_traits
            WHERE tenant_id = {tenant_id:String} AND trait = 'raises_exceptions'
        )
    ) AS counted
FROM (
    SELECT
        *,
        max(kind = 'exception' AND (item_class != 'technical' OR caused_by != '')) OVER document AS has_exception,
        max(kind = 'exception' AND item_class = 'technical') OVER document AS has_failure,
        max(kind = 'operation') OVER document AS has_operation
    FROM items
    WINDOW document AS (PARTITION BY object_type, object_id)
)

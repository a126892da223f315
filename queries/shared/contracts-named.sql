-- The contracts that order lines of the scope name: by their own attribute, else by that of an order which an event names with them.
SELECT
    line_type,
    line_id,
    argMin(named.contract, line_type != named.object_type) AS contract_named
FROM (
    SELECT
        object_type AS line_type,
        object_id AS line_id,
        arrayJoin([(object_type, object_id), (other_type, other_id)]) AS at
    FROM sightline.{links:Identifier}
    WHERE
        -- include shared/linked-in-scope
        AND object_type = 'po_line'
        AND other_type = 'purchase_order'
    UNION DISTINCT
    SELECT
        object_type AS line_type,
        object_id AS line_id,
        (object_type, object_id) AS at
    FROM sightline.object_state
    WHERE
        -- include shared/stored-in-scope
        AND object_type IN ('purchase_order', 'po_line')
        AND name = 'contract'
) AS places
INNER JOIN (
    SELECT
        object_type,
        object_id,
        argMax(value, (occurred_at, seq, place_id)) AS contract
    FROM sightline.object_state FINAL
    WHERE tenant_id = {tenant_id:String}
        AND live
        AND name = 'contract'
        AND object_type IN ('purchase_order', 'po_line')
        AND (
            {batch:String} = ''
            OR (object_type, object_id) IN (
                -- include shared/scope-keys
                UNION ALL
                SELECT
                    other_type,
                    other_id
                FROM sightline.{links:Identifier}
                WHERE
                    -- include shared/linked-in-scope
                    AND object_type = 'po_line'
                    AND other_type = 'purchase_order'
            )
        )
    GROUP BY
        object_type,
        object_id
) AS named ON named.object_type = places.at.1 AND named.object_id = places.at.2
GROUP BY
    line_type,
    line_id

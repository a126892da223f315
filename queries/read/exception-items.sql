-- The newest business exceptions, technical failures and unknown ones.
SELECT
    if(kind = 'verdict', toString(raising_event_id), item_id) AS id,
    raising_event_id,
    class,
    category,
    reaction,
    code,
    system,
    document_type AS object_type,
    document_id AS object_id,
    raised_at,
    resolved_at,
    attempts,
    caused_by
FROM sightline.exception_items FINAL
WHERE tenant_id = {tenant_id:String}
    AND raised_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND raised_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND raised_at >= {from:DateTime64(6, 'UTC')}
    AND raised_at < {to:DateTime64(6, 'UTC')}
    AND ({class:String} = '' OR class = {class:String})
    AND ({category:String} = '' OR category = {category:String})
ORDER BY raised_at DESC, id
LIMIT {limit:UInt32}

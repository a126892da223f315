-- Systems by attempts that failed technically, of operations that failed first in the window; what has no operation id counts as one.
SELECT
    system,
    sum(exception_items.failed_attempts) AS failed_attempts,
    count() AS operations,
    uniqExact(document_type, document_id) AS objects
FROM sightline.exception_items FINAL
WHERE tenant_id = {tenant_id:String}
    AND raised_day >= toDate32({from:DateTime64(6, 'UTC')})
    AND raised_day <= toDate32({to:DateTime64(6, 'UTC')})
    AND raised_at >= {from:DateTime64(6, 'UTC')}
    AND raised_at < {to:DateTime64(6, 'UTC')}
    AND exception_items.failed_attempts > 0
GROUP BY system
ORDER BY failed_attempts DESC, system
LIMIT 200

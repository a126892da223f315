-- Documents of each type that began in a window: what violations are counted against.
SELECT
    document_type,
    count() AS n
FROM sightline.control_documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND present
    AND first_at >= {from:DateTime64(6, 'UTC')}
    AND first_at < {to:DateTime64(6, 'UTC')}
GROUP BY document_type

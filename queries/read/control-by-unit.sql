-- Documents that began in a window and how many of them violate a control, by unit or system.
SELECT
    multiIf({by:String} = 'system', toString(system), toString(entity)) AS unit,
    count() AS n,
    countIf(
        (document_type, document_id) IN (
            SELECT
                document_type,
                document_id
            FROM sightline.violations FINAL
            WHERE tenant_id = {tenant_id:String} AND control = {control:String} AND NOT retracted
        )
    ) AS hits
FROM sightline.control_documents FINAL
WHERE tenant_id = {tenant_id:String}
    AND present
    AND document_type IN {grain:Array(String)}
    AND first_at >= {from:DateTime64(6, 'UTC')}
    AND first_at < {to:DateTime64(6, 'UTC')}
GROUP BY unit
ORDER BY unit

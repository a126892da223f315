-- Documents of incidents, as they are stored.
SELECT
    incident_id,
    document_type,
    document_id,
    operation_id,
    operation_class,
    system,
    toString(content) AS content_text,
    toUnixTimestamp64Micro(blocked_at) AS blocked_us
FROM sightline.incident_documents FINAL
WHERE tenant_id = {tenant_id:String} AND incident_id IN {incidents:Array(String)}

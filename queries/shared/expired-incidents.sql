SELECT incident_id
FROM sightline.incident_history
WHERE tenant_id = {tenant_id:String}
GROUP BY incident_id
HAVING max(last_failed_at) < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')
    AND incident_id NOT IN (
        SELECT incident_id
        FROM sightline.incident_documents FINAL
        WHERE tenant_id = {tenant_id:String}
    )

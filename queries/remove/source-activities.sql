DELETE FROM sightline.source_activities
WHERE tenant_id = {tenant_id:String}
    AND import_id = {import_id:String}

-- Attempts that calls tell of; those that events tell of go with their documents.
DELETE FROM sightline.operation_attempts
WHERE tenant_id = {tenant_id:String}
    AND kind = 'call'
    AND attempted_at < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')

DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String} AND {at:Identifier} < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')

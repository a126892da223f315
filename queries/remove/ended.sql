DELETE FROM sightline.removals
WHERE tenant_id = {tenant_id:String} AND batch = {batch:String}

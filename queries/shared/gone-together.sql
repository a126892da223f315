SELECT sipHash128(toString(object_type), object_id)
FROM sightline.{list:Identifier}
WHERE tenant_id = {tenant_id:String} AND startsWith(batch, {together:String})

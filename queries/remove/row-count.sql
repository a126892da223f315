-- Rows of a table that are older than the cut, copies of one row counted once.
SELECT count() AS rows
FROM sightline.{table:Identifier} FINAL
WHERE tenant_id = {tenant_id:String} AND {at:Identifier} < fromUnixTimestamp64Micro({cut:Int64}, 'UTC')

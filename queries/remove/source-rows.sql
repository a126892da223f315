-- Takes rows of a table out that tell what an import brought of each source.
DELETE FROM sightline.{table:Identifier}
WHERE tenant_id = {tenant_id:String}
    AND import_id = {import_id:String}

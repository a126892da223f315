-- What sources of a tenant are known to tell, as one text.
SELECT arrayStringConcat(arraySort(groupUniqArray(concat(trait, ' ', source))), '\n') AS traits
FROM sightline.source_traits
WHERE tenant_id = {tenant_id:String}

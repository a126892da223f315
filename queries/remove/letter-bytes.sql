-- Takes bytes and headers of purged dead letters off the disk, out of the rows that they had before, too.
ALTER TABLE sightline.dead_letters
UPDATE raw = '', headers = '{}'
WHERE tenant_id = {tenant_id:String} AND letter_id IN {ids:Array(UUID)}

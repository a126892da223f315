-- Takes rows that were removed off the disk at once, not with some later merge.
ALTER TABLE sightline.{table:Identifier} APPLY DELETED MASK

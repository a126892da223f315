-- Tables that still have rows on disk which were removed.
SELECT DISTINCT table
FROM system.parts
WHERE database = 'sightline' AND active AND has_lightweight_delete
ORDER BY table

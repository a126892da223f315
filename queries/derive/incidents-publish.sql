-- Brings the incidents to what their history says.
INSERT INTO sightline.incidents
SELECT
    newest.tenant_id,
    incident_id,
    newest.system,
    newest.family,
    newest.category,
    newest.first_failed_at,
    newest.last_failed_at,
    newest.ended_at,
    newest.by_cluster_rule,
    newest.failed_attempts,
    newest.attempts,
    newest.operations,
    newest.operations_healed,
    newest.operations_given_up,
    newest.suppliers,
    newest.classes,
    newest.codes,
    newest.samples,
    newest.announced,
    newest.release_before,
    newest.release_after,
    newest.version,
    newest.absent AS is_deleted
FROM sightline.incident_history AS newest FINAL
WHERE newest.tenant_id = {tenant_id:String} AND newest.version > {published:UInt64}
ORDER BY
    incident_id,
    newest.version DESC
LIMIT 1 BY incident_id

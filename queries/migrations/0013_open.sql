-- What is open, apart from what is closed: boards and ageing read as many rows as are open, however long the history is. What closes leaves a
-- row that says so; the process that computes answers takes those out every few minutes (`derive/compact-open.ts`).

CREATE TABLE IF NOT EXISTS sightline.open_documents AS sightline.documents
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, allow_experimental_replacing_merge_with_cleanup = 1
COMMENT 'Documents that are open';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.open_documents_from_documents TO sightline.open_documents AS
SELECT * REPLACE (is_deleted = 1 OR closed_at IS NOT NULL AS is_deleted)
FROM sightline.documents;

CREATE TABLE IF NOT EXISTS sightline.open_clocks AS sightline.sla_clocks
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, sla_id, cohort_day, document_type, document_id, subject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, allow_experimental_replacing_merge_with_cleanup = 1
COMMENT 'Clocks of service levels that run or are paused';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.open_clocks_from_sla_clocks TO sightline.open_clocks AS
SELECT * REPLACE (is_deleted = 1 OR state NOT IN ('running', 'paused') AS is_deleted)
FROM sightline.sla_clocks;

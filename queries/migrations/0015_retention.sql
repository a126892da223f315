-- What a removal by age works through. Documents are written down before anything of them goes and stay until all of it has gone, so that a
-- removal that broke off is completed by the next one.

CREATE TABLE IF NOT EXISTS sightline.removals
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the document',
    batch String COMMENT 'Part of the removal',
    object_type LowCardinality(String) COMMENT 'Type of the document',
    object_id String COMMENT 'Id of the document',
    cut_us Int64 COMMENT 'What happened before this instant goes, microseconds'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, batch, object_type, object_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Documents that are being removed';

CREATE TABLE IF NOT EXISTS sightline.removal_events
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the event',
    event_id UUID COMMENT 'The event'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Events that are being removed';

CREATE TABLE IF NOT EXISTS sightline.removed_documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owned the document',
    fingerprint FixedString(16) COMMENT 'sipHash128 of type and id: knows a document again without naming it',
    cut_us Int64 COMMENT 'What had happened before this instant is gone, microseconds'
)
ENGINE = ReplacingMergeTree(cut_us)
ORDER BY (tenant_id, fingerprint)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Fingerprints of documents that have gone, so that late news of their past goes too';

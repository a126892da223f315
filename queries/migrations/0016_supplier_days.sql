-- What score cards of suppliers read: figures of a supplier by the day its documents began on, and those documents by the same day, for the
-- days that a window cuts, and so that a day which a document leaves is known after it has left.

CREATE TABLE IF NOT EXISTS sightline.supplier_documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    opened_day Date32 COMMENT 'Day that work on the document began on, UTC',
    supplier LowCardinality(String) COMMENT 'Supplier',
    document_type LowCardinality(String) COMMENT 'requisition, purchase_order or invoice',
    document_id String COMMENT 'Id of the document',
    opened_at DateTime64(6, 'UTC') COMMENT 'When work on it began',
    closed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was done or dropped; null while it is open',
    outcome LowCardinality(String) COMMENT 'done, dropped, or empty while it is open',
    amount Decimal(18, 4) COMMENT 'Latest amount, in its own currency; 0 when none is known',
    rate Float64 COMMENT 'Rate into the reporting currency on the day it began; 0 when there is none',
    due_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When its payment is due',
    paid_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When its payment was transmitted',
    exceptions_raised UInt32 COMMENT 'Business exceptions raised, resolved ones among them',
    violations UInt32 COMMENT 'Policies violated',
    is_duplicate Bool COMMENT 'Whether an exception calls it a duplicate',
    answers UInt32 COMMENT 'Answers of the supplier',
    answer_s Float64 COMMENT 'Seconds that the supplier took for them, in all',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where the document began on another day or is another supplier''s now, or has lost its events',
    INDEX by_document document_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, opened_day, supplier, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, index_granularity = 1024
COMMENT 'Documents of suppliers by the day they began';

CREATE TABLE IF NOT EXISTS sightline.supplier_days
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    opened_day Date32 COMMENT 'Day that work on the documents began on, UTC',
    supplier LowCardinality(String) COMMENT 'Supplier',
    invoices UInt64 COMMENT 'Invoices',
    orders UInt64 COMMENT 'Orders that were not dropped',
    spend Float64 COMMENT 'Their amounts in the reporting currency, as far as a rate is known',
    spend_unconverted UInt64 COMMENT 'Orders among them with an amount that no rate is known for',
    exceptions UInt64 COMMENT 'Business exceptions of the invoices',
    invoices_with_exception UInt64 COMMENT 'Invoices with a business exception',
    duplicates UInt64 COMMENT 'Invoices that an exception calls duplicates',
    violations UInt64 COMMENT 'Policies violated by invoices and orders, dropped ones among them',
    answers UInt64 COMMENT 'Answers of the supplier',
    answer_s Float64 COMMENT 'Seconds that the supplier took for them, in all',
    cycle_seconds Array(Int64) COMMENT 'Of each invoice that is done: seconds from its beginning to its end',
    late UInt64 COMMENT 'Invoices paid after they were due',
    paid UInt64 COMMENT 'Invoices paid of which it is known when they were due',
    open_invoices UInt64 COMMENT 'Invoices that are open',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where no document of the supplier began on the day'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, opened_day, supplier)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Figures of suppliers by the day their documents began';

-- Documents that are stored already are computed by the run that their marks ask for, also where nothing new comes.
INSERT INTO sightline.dirty_objects (tenant_id, marked_at, object_type, object_id)
SELECT
    tenant_id,
    now64(6, 'UTC'),
    document_type,
    document_id
FROM sightline.documents FINAL
WHERE document_type IN ('requisition', 'purchase_order', 'invoice') AND supplier != '';

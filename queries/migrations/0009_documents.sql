-- Documents as they stand: one row each, computed from their timelines. What is open, what it waits on, what it is worth, what became of it.

CREATE TABLE IF NOT EXISTS sightline.documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'requisition, purchase_order, invoice, payment, onboarding or approval',
    document_id String COMMENT 'Id of the document',
    opened_at DateTime64(6, 'UTC') COMMENT 'When work on it began: submitted, created, received, requested, proposed',
    closed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was done or dropped; null while it is open',
    outcome LowCardinality(String) COMMENT 'done, dropped, or empty while it is open',
    stage LowCardinality(String) COMMENT 'Activity that it came to last',
    stage_at DateTime64(6, 'UTC') COMMENT 'When it came there',
    waits_on LowCardinality(String) COMMENT 'exception, person, supplier, system or queue; empty where it is not open',
    waits_id String COMMENT 'Who or what is waited on; category of the exception',
    waits_at DateTime64(6, 'UTC') COMMENT 'Since when it waits for that',
    exceptions Array(Tuple(id String, category String, class String, raised_at DateTime64(6, 'UTC'))) COMMENT 'Exceptions that are not resolved',
    amount Decimal(18, 4) COMMENT 'Latest amount, in currency; 0 when none is known',
    currency LowCardinality(String) COMMENT 'ISO 4217 code; empty when no amount is known',
    rate Float64 COMMENT 'Rate into the reporting currency on the day it began; 0 when there is none',
    invoiced Decimal(18, 4) COMMENT 'Of an order: amounts of the invoices posted against it, in currency',
    due_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When its payment is due',
    paid_at Nullable(DateTime64(6, 'UTC')) COMMENT 'When its payment was transmitted',
    discount Float64 COMMENT 'Early-payment discount of the terms, 0 to 1',
    discount_until Nullable(DateTime64(6, 'UTC')) COMMENT 'Until when the discount is granted',
    touches UInt32 COMMENT 'Events by people',
    exceptions_raised UInt32 COMMENT 'Business exceptions raised, resolved ones among them',
    violations UInt32 COMMENT 'Policies violated',
    is_duplicate Bool COMMENT 'Whether an exception calls it a duplicate',
    is_ordered Bool COMMENT 'Whether an invoice names an order',
    answers UInt32 COMMENT 'Answers of the supplier',
    answer_s Float64 COMMENT 'Seconds that the supplier took for them, in all',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    content UInt64 COMMENT 'Hash of all that is said: a row is written when it changes',
    version UInt64 COMMENT 'Run that wrote it, microseconds',
    is_deleted UInt8 COMMENT '1 where the document has lost its events',
    INDEX by_opening opened_at TYPE minmax
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Documents as they stand now';

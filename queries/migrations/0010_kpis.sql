-- Rates into each tenant's reporting currency, compiled from its reference data: one row a currency and day instead of a search through
-- quotes, turned-round quotes and crossings at every amount.

CREATE TABLE IF NOT EXISTS sightline.reporting_rates
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of the amounts that it converts',
    valid_from DateTime64(6, 'UTC') COMMENT 'Since when it holds',
    valid_to DateTime64(6, 'UTC') COMMENT 'Until when, exclusive',
    rate Float64 COMMENT 'Units of the reporting currency for one of currency',
    version UInt64 COMMENT 'Newest version of the reference rows that it was compiled from',
    is_deleted UInt8 DEFAULT 0 COMMENT '1 where it no longer follows from them'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, currency, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Rates into the reporting currency';

-- What a run found before it is compared with what is known: the statements that find it stay flat, which halves the time of their analysis.
CREATE TABLE IF NOT EXISTS sightline.derive_contributions
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    batch String COMMENT 'Run that found it',
    kpi LowCardinality(String) COMMENT 'KPI',
    document_type LowCardinality(String) COMMENT 'Document on whose timeline it was found: type',
    document_id String COMMENT 'Document: id',
    subject_id String COMMENT 'What is counted',
    cohort_at DateTime64(6, 'UTC') COMMENT 'Instant that puts it in a bucket',
    counted Bool COMMENT 'Whether it counts in n and value',
    open Bool COMMENT 'Whether it is not finished',
    reason LowCardinality(String) COMMENT 'Why it does not count',
    value Float64 COMMENT 'Duration in seconds, or the numerator of a rate',
    weight Float64 COMMENT 'Denominator of a rate; 1 for durations',
    facets Tuple(entity String, business_unit String, plant String, region String, risk_category String, budget_owner String, category String, supplier String, approver String, system String, policy_version String, currency String) COMMENT 'What it is grouped and filtered by',
    made_at DateTime('UTC') DEFAULT now() COMMENT 'When the run began'
)
ENGINE = MergeTree
ORDER BY (tenant_id, batch, kpi)
TTL made_at + INTERVAL 6 HOUR
COMMENT 'Contributions to KPIs that a run found for its documents';

-- What is computed from the timelines, document by document, and kept with every state it ever had: contributions to KPIs, and the days
-- they add up to. Each table of answers has a history (every state, in the order of documents) and a current form (in the order of days).

ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS waits_step LowCardinality(String) DEFAULT '' COMMENT 'Step that waits' AFTER waits_id;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS on_behalf_of String DEFAULT '' COMMENT 'Whom the actor stood in for' AFTER actor_kind;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS workflow_run String DEFAULT '' COMMENT 'Run of the workflow engine' AFTER attempt;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS quantity Nullable(Decimal(18, 4)) COMMENT 'Quantity of the line that the event states' AFTER due_at;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS unit_price Nullable(Decimal(18, 4)) COMMENT 'Unit price of the line, in currency' AFTER quantity;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS discount Nullable(Float64) COMMENT 'Early-payment discount of the terms, 0 to 1' AFTER unit_price;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS discount_until Nullable(DateTime64(6, 'UTC')) COMMENT 'Instant up to which the discount is granted: the end of the day that the terms name' AFTER discount;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS ai_confidence Nullable(Float64) COMMENT 'Confidence that an AI action states, 0 to 1' AFTER ai_flag;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS ai_decision LowCardinality(String) DEFAULT '' COMMENT 'What a reviewer decided on an AI action' AFTER ai_confidence;
ALTER TABLE sightline.object_events ADD COLUMN IF NOT EXISTS leads Bool DEFAULT true COMMENT 'Whether this document is what the event is about, rather than another that it names: one a event' AFTER qualifier;

DROP VIEW IF EXISTS sightline.object_events_from_events;
CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_events_from_events TO sightline.object_events AS
SELECT
    tenant_id,
    object_type,
    object_id,
    event_id,
    content_hash,
    qualifier,
    (object_type, object_id) = arraySort(
        one -> (
            one.1 IN ('approval', 'supplier', 'workflow_run'),
            -indexOf(['goods_receipt', 'payment', 'onboarding', 'requisition', 'purchase_order', 'invoice'], one.1),
            one.1,
            one.2
        ),
        arrayZip(object_types, object_ids)
    )[1] AS leads,
    occurred_at,
    received_at,
    seq,
    event_id AS place_id,
    activity,
    source_activity,
    mapped,
    completes_id IS NULL AS is_step,
    completes_id,
    source,
    step,
    lifecycle,
    system,
    system_class,
    actor_id,
    actor_kind,
    on_behalf_of,
    waits_kind,
    waits_id,
    waits_step,
    status,
    code,
    class,
    category,
    reaction,
    exception_id,
    exception_state,
    exception_caused_by,
    operation_id,
    attempt,
    workflow_run,
    policy_id,
    policy_version,
    policy_decision,
    amount,
    currency,
    due_at,
    if(line = '', NULL, toDecimal64OrNull(trim(BOTH '"' FROM JSONExtractRaw(line, 'quantity')), 4)) AS quantity,
    if(line = '', NULL, toDecimal64OrNull(trim(BOTH '"' FROM JSONExtractRaw(line, 'unit_price')), 4)) AS unit_price,
    if(terms = '', NULL, toFloat64OrNull(trim(BOTH '"' FROM JSONExtractRaw(terms, 'discount')))) AS discount,
    if(
        terms = '' OR JSONExtractString(terms, 'until') = '',
        NULL,
        if(
            length(JSONExtractString(terms, 'until')) = 10,
            addDays(toDateTime64OrNull(concat(JSONExtractString(terms, 'until'), ' 00:00:00'), 6, 'UTC'), 1),
            parseDateTime64BestEffortOrNull(JSONExtractString(terms, 'until'), 6, 'UTC')
        )
    ) AS discount_until,
    entity,
    business_unit,
    plant,
    region,
    risk_category,
    budget_owner,
    category_of_spend,
    supplier,
    approver,
    ai_flag,
    if(ai = '', NULL, JSONExtract(ai, 'confidence', 'Nullable(Float64)')) AS ai_confidence,
    if(ai = '', '', JSONExtractString(ai, 'decision')) AS ai_decision,
    import_id,
    true AS live,
    first_arrival AS version
FROM sightline.events
ARRAY JOIN
    object_types AS object_type,
    object_ids AS object_id,
    object_qualifiers AS qualifier;

-- Documents whose timelines changed. A mark is never taken back; who works them off remembers how far.
CREATE TABLE IF NOT EXISTS sightline.dirty_objects
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the document',
    marked_at DateTime64(6, 'UTC') COMMENT 'When its timeline changed, by ClickHouse''s clock',
    object_type LowCardinality(String) COMMENT 'Type of the document',
    object_id String COMMENT 'Id of the document'
)
ENGINE = MergeTree
ORDER BY (tenant_id, marked_at)
TTL toDateTime(marked_at) + INTERVAL 7 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Marks: documents whose answers have to be computed anew';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.dirty_from_object_events TO sightline.dirty_objects AS
SELECT
    tenant_id,
    now64(6, 'UTC') AS marked_at,
    object_type,
    object_id
FROM sightline.object_events
GROUP BY
    tenant_id,
    object_type,
    object_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.dirty_from_object_calls TO sightline.dirty_objects AS
SELECT
    tenant_id,
    now64(6, 'UTC') AS marked_at,
    object_type,
    object_id
FROM sightline.object_calls
GROUP BY
    tenant_id,
    object_type,
    object_id;

-- Which documents stand in one event together, both ways round: the steps of the declared paths.
CREATE TABLE IF NOT EXISTS sightline.object_links
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Type of the document',
    object_id String COMMENT 'Id of the document',
    other_type LowCardinality(String) COMMENT 'Type of the other document',
    other_id String COMMENT 'Id of the other document',
    event_id UUID COMMENT 'Event that names both; it must stand on the timeline of both'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, object_type, object_id, other_type, other_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Pairs of documents that an event names together';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.object_links_from_events TO sightline.object_links AS
SELECT
    tenant_id,
    pair.1.1 AS object_type,
    pair.1.2 AS object_id,
    pair.2.1 AS other_type,
    pair.2.2 AS other_id,
    event_id
FROM
(
    SELECT
        tenant_id,
        event_id,
        arrayFilter(
            one -> one.1 IN ('requisition', 'purchase_order', 'po_line', 'goods_receipt', 'service_entry', 'invoice', 'invoice_line', 'payment', 'approval'),
            arrayZip(object_types, object_ids)
        ) AS documents
    FROM sightline.events
    WHERE length(object_types) BETWEEN 2 AND 40
)
ARRAY JOIN arrayFlatten(arrayMap(one -> arrayMap(other -> (one, other), arrayFilter(other -> other != one, documents)), documents)) AS pair;

CREATE TABLE IF NOT EXISTS sightline.derive_scope
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the document',
    batch String COMMENT 'Run that works on it',
    object_type LowCardinality(String) COMMENT 'Type of the document',
    object_id String COMMENT 'Id of the document',
    made_at DateTime('UTC') DEFAULT now() COMMENT 'When the run began'
)
ENGINE = MergeTree
ORDER BY (tenant_id, batch, object_type, object_id)
TTL made_at + INTERVAL 6 HOUR
COMMENT 'Documents that a run computes anew: those that changed and those that depend on them';

-- Reference data as SQL reads it; PostgreSQL holds the original.
CREATE TABLE IF NOT EXISTS sightline.reference
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    kind LowCardinality(String) COMMENT 'suppliers, contracts, approval_matrices, …',
    key String COMMENT 'What the row is about, unique in its kind at any instant',
    valid_from DateTime64(6, 'UTC') COMMENT 'Since when it holds',
    row_id UUID COMMENT 'Row of the original',
    valid_to DateTime64(6, 'UTC') COMMENT 'Until when, exclusive; 2250-01-01 while it holds',
    body String COMMENT 'What it says, as JSON',
    version UInt64 COMMENT 'Which row of the same key wins',
    is_deleted UInt8 DEFAULT 0 COMMENT '1 where it no longer stands'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (tenant_id, kind, key, valid_from, row_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Reference data, effective-dated';

CREATE TABLE IF NOT EXISTS sightline.kpi_fact_history
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'Document on whose timeline it was found: type',
    document_id String COMMENT 'Document: id',
    kpi LowCardinality(String) COMMENT 'KPI',
    subject_id String COMMENT 'What is counted: the document, or an approval, operation, exception or line of it',
    version UInt64 COMMENT 'Since when it is known: microseconds, start of the run that computed it',
    cohort_at DateTime64(6, 'UTC') COMMENT 'Instant that puts it in a bucket',
    counted Bool COMMENT 'Whether it counts in n and value',
    open Bool COMMENT 'Whether it is not finished',
    absent Bool COMMENT 'Whether the document no longer contributes at all',
    reason LowCardinality(String) COMMENT 'Why it does not count; empty where it does or is open',
    value Float64 COMMENT 'Duration in seconds, or the numerator of a rate',
    weight Float64 COMMENT 'Denominator of a rate; 1 for durations',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    supplier_class LowCardinality(String) COMMENT 'Class of the supplier by the reference data of the cohort''s instant',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System',
    policy_version LowCardinality(String) COMMENT 'Version of the policy that was evaluated last',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of the document',
    content UInt64 COMMENT 'Hash of all that is said, 0 where it is absent: a state is written when it changes'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, document_type, document_id, kpi, subject_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Contributions to KPIs, every state they ever had';

CREATE TABLE IF NOT EXISTS sightline.kpi_facts
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    kpi LowCardinality(String) COMMENT 'KPI',
    cohort_day Date COMMENT 'Day of the cohort, UTC',
    document_type LowCardinality(String) COMMENT 'Document on whose timeline it was found: type',
    document_id String COMMENT 'Document: id',
    subject_id String COMMENT 'What is counted',
    cohort_at DateTime64(6, 'UTC') COMMENT 'Instant that puts it in a bucket',
    counted Bool COMMENT 'Whether it counts in n and value',
    open Bool COMMENT 'Whether it is not finished',
    reason LowCardinality(String) COMMENT 'Why it does not count; empty where it does or is open',
    value Float64 COMMENT 'Duration in seconds, or the numerator of a rate',
    weight Float64 COMMENT 'Denominator of a rate; 1 for durations',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    supplier_class LowCardinality(String) COMMENT 'Class of the supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System',
    policy_version LowCardinality(String) COMMENT 'Version of the policy',
    currency LowCardinality(String) COMMENT 'ISO 4217 code',
    version UInt64 COMMENT 'Since when it is known, microseconds',
    is_deleted UInt8 COMMENT '1 where the document left this day'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(cohort_day)
ORDER BY (tenant_id, kpi, cohort_day, document_type, document_id, subject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Contributions to KPIs as they are known now';

CREATE TABLE IF NOT EXISTS sightline.kpi_days
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    kpi LowCardinality(String) COMMENT 'KPI',
    cohort_day Date COMMENT 'Day, UTC',
    n UInt64 COMMENT 'Contributions counted',
    open UInt64 COMMENT 'Contributions not finished',
    excluded UInt64 COMMENT 'Contributions left out',
    value Float64 COMMENT 'Sum of the values counted',
    weight Float64 COMMENT 'Sum of the weights counted',
    quantiles AggregateFunction(quantilesExactInclusive(0.5, 0.9), Float64) COMMENT 'Median and 90th percentile of the values counted, exact and mergeable',
    version UInt64 COMMENT 'Run that computed it; a day that lost all its contributions has a row with n = 0'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(cohort_day)
ORDER BY (tenant_id, kpi, cohort_day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'KPIs by day, computed anew for the days that changed';

-- What sources do at all, so that what they leave out can be told from what did not happen.
CREATE TABLE IF NOT EXISTS sightline.source_traits
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    trait LowCardinality(String) COMMENT 'raises_exceptions: by id, so that its verdicts are no exceptions of their own; names_policies',
    source String COMMENT 'CloudEvents source'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, trait, source)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What sources are known to tell';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.source_traits_from_object_events TO sightline.source_traits AS
SELECT DISTINCT
    tenant_id,
    trait,
    source
FROM sightline.object_events
ARRAY JOIN arrayConcat(
    if(exception_state = 'raised' AND class IN ('business', 'unknown') AND live, ['raises_exceptions'], []),
    if(policy_id != '', ['names_policies'], [])
) AS trait;

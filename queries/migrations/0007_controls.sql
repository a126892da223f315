-- What controls find: every state of each violation, the current ones, what people decided about them; and what controls read across
-- documents: the facts of each document in one row, the keys by which documents belong together, the decisions of policies.

CREATE TABLE IF NOT EXISTS sightline.violation_history
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'Document that violates: type; `policy` where a rule itself is the subject',
    document_id String COMMENT 'Document: id',
    control LowCardinality(String) COMMENT 'Control that found it',
    subject_id String COMMENT 'Instance within document and control: an approval, a person, a policy, the other document; empty where there is one',
    version UInt64 COMMENT 'Since when it is known: microseconds, start of the run that computed it',
    absent Bool COMMENT 'Whether it is retracted: what was found before no longer holds',
    control_version LowCardinality(String) COMMENT 'Version of the control',
    category LowCardinality(String) COMMENT 'authority, threshold, eligibility, contract, budget, tax, retention, segregation, exception or AI',
    detected_at DateTime64(6, 'UTC') COMMENT 'When the violation came about, by the events',
    severity LowCardinality(String) COMMENT 'low, medium, high or critical',
    policy_id LowCardinality(String) COMMENT 'Policy that is violated, empty where none is named',
    policy_version LowCardinality(String) COMMENT 'Version of the policy that held then',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money at risk, in currency; null where the documents state none',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    offender String COMMENT 'Who did it: a resolved identity, empty where nobody is named',
    evidence Array(UUID) COMMENT 'Events that show it, in order of time',
    detail String COMMENT 'What happened, with the figures',
    entity LowCardinality(String) COMMENT 'Legal entity of the document',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    spend_category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    supplier_class LowCardinality(String) COMMENT 'Class of the supplier when it came about',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System of the document',
    content UInt64 COMMENT 'Hash of all that is said, 0 where it is retracted: a state is written when it changes'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, document_type, document_id, control, subject_id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Violations, every state they ever had';

CREATE TABLE IF NOT EXISTS sightline.violations
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    control LowCardinality(String) COMMENT 'Control that found it',
    detected_day Date COMMENT 'Day of detected_at, UTC',
    document_type LowCardinality(String) COMMENT 'Document that violates: type',
    document_id String COMMENT 'Document: id',
    subject_id String COMMENT 'Instance within document and control',
    retracted Bool COMMENT 'Whether it no longer holds: leave it out of every count',
    known_from DateTime64(6, 'UTC') COMMENT 'When it was first found',
    control_version LowCardinality(String) COMMENT 'Version of the control',
    category LowCardinality(String) COMMENT 'Category of the control taxonomy',
    detected_at DateTime64(6, 'UTC') COMMENT 'When the violation came about, by the events',
    severity LowCardinality(String) COMMENT 'low, medium, high or critical',
    policy_id LowCardinality(String) COMMENT 'Policy that is violated',
    policy_version LowCardinality(String) COMMENT 'Version of the policy that held then',
    amount Nullable(Decimal(18, 4)) COMMENT 'Money at risk, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    offender String COMMENT 'Who did it: a resolved identity',
    evidence Array(UUID) COMMENT 'Events that show it, in order of time',
    detail String COMMENT 'What happened, with the figures',
    entity LowCardinality(String) COMMENT 'Legal entity of the document',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    spend_category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    supplier_class LowCardinality(String) COMMENT 'Class of the supplier when it came about',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System of the document',
    version UInt64 COMMENT 'Since when it is known so, microseconds',
    is_deleted UInt8 COMMENT '1 where the violation left this day',
    violation_id String ALIAS concat(control, ':', lower(hex(sipHash128(document_type, document_id, subject_id)))) COMMENT 'Stable id, whatever changes about it'
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYear(detected_day)
ORDER BY (tenant_id, control, detected_day, document_type, document_id, subject_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Violations as they are known now, retracted ones among them';

-- PostgreSQL holds the decisions; lists are filtered and counted by this copy of the newest ones.
CREATE TABLE IF NOT EXISTS sightline.violation_states
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    violation_id String COMMENT 'Violation',
    state LowCardinality(String) COMMENT 'open, accepted or remediated; a violation without a row is open',
    decided_at DateTime64(6, 'UTC') COMMENT 'When it was decided',
    decision_id UInt64 COMMENT 'Number of the decision: the largest stands'
)
ENGINE = ReplacingMergeTree(decision_id)
ORDER BY (tenant_id, violation_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'What people decided last about violations';

CREATE TABLE IF NOT EXISTS sightline.control_documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'Type of the document',
    document_id String COMMENT 'Id of the document',
    present Bool COMMENT 'Whether it has events at all',
    first_at DateTime64(6, 'UTC') COMMENT 'First event',
    at DateTime64(6, 'UTC') COMMENT 'Instant that counts: requisition created, order released, invoice received, payment released; 1970 while there is none',
    dropped_at DateTime64(6, 'UTC') COMMENT 'When it was cancelled, rejected, withdrawn or credited last; 1970 where it was not',
    amount Nullable(Decimal(18, 4)) COMMENT 'Latest amount that its own events state, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217 code of amount',
    requester String COMMENT 'Who asked for it, as the source names him',
    number_said String COMMENT 'Number printed on an invoice, as it was said',
    number String COMMENT 'The same: letters and digits only, upper case, without leading zeros',
    issued_on Date COMMENT 'Day of issue that an invoice states; 1970 where it states none',
    paid_at DateTime64(6, 'UTC') COMMENT 'When a payment of it was released first; 1970 while none was',
    cost_centre String COMMENT 'Cost centre',
    item String COMMENT 'What is bought',
    contract String COMMENT 'Contract that it names',
    matching LowCardinality(String) COMMENT 'How it is matched',
    entity LowCardinality(String) COMMENT 'Legal entity',
    business_unit LowCardinality(String) COMMENT 'Business unit',
    plant LowCardinality(String) COMMENT 'Plant',
    region LowCardinality(String) COMMENT 'Region',
    risk_category LowCardinality(String) COMMENT 'Risk category',
    budget_owner LowCardinality(String) COMMENT 'Budget owner',
    spend_category LowCardinality(String) COMMENT 'Purchasing category',
    supplier LowCardinality(String) COMMENT 'Supplier',
    approver LowCardinality(String) COMMENT 'Approver',
    system LowCardinality(String) COMMENT 'System',
    evidence UUID COMMENT 'Event of `at`, or the first event',
    version UInt64 COMMENT 'Run that computed it, microseconds'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Facts of each document in one row, for controls that compare documents';

CREATE TABLE IF NOT EXISTS sightline.document_keys
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    document_type LowCardinality(String) COMMENT 'Type of the document',
    document_id String COMMENT 'Id of the document',
    kind LowCardinality(String) COMMENT 'invoice, need, supplier, contract or budget',
    value String COMMENT 'What documents that belong together share'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, document_type, document_id, kind, value)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every key that a document ever had: whoever shared one is computed anew when the document changes';

CREATE TABLE IF NOT EXISTS sightline.key_documents
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    kind LowCardinality(String) COMMENT 'invoice, need, supplier, contract or budget',
    value String COMMENT 'What documents that belong together share',
    document_type LowCardinality(String) COMMENT 'Type of the document',
    document_id String COMMENT 'Id of the document'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant_id, kind, value, document_type, document_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Documents by key: document_keys in the other order';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.key_documents_from_document_keys TO sightline.key_documents AS
SELECT
    tenant_id,
    kind,
    value,
    document_type,
    document_id
FROM sightline.document_keys;

CREATE TABLE IF NOT EXISTS sightline.policy_decisions
(
    tenant_id LowCardinality(String) COMMENT 'Tenant that owns the row',
    object_type LowCardinality(String) COMMENT 'Document on whose timeline the decision stands: type',
    object_id String COMMENT 'Document: id',
    event_id UUID COMMENT 'Event that reports it',
    occurred_at DateTime64(6, 'UTC') COMMENT 'When the policy was evaluated',
    policy_id LowCardinality(String) COMMENT 'Policy',
    policy_version LowCardinality(String) COMMENT 'Version of the policy',
    decision LowCardinality(String) COMMENT 'passed, violated, waived or not_evaluated',
    entity LowCardinality(String) COMMENT 'Legal entity',
    system LowCardinality(String) COMMENT 'System that evaluated',
    live Bool COMMENT 'False when a correction or an earlier copy stands in its place',
    version UInt64 COMMENT 'Which row of the same key wins'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant_id, object_type, object_id, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000
COMMENT 'Decisions of policies, once for each event: on the document that it is about';

CREATE MATERIALIZED VIEW IF NOT EXISTS sightline.policy_decisions_from_object_events TO sightline.policy_decisions AS
SELECT
    tenant_id,
    object_type,
    object_id,
    event_id,
    occurred_at,
    policy_id,
    policy_version,
    policy_decision AS decision,
    entity,
    system,
    live AND leads AND policy_id != '' AND activity = 'policy.evaluated' AS live,
    version
FROM sightline.object_events
WHERE policy_id != '' OR NOT live OR activity = 'policy.evaluated';

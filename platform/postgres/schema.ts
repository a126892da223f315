import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'

/** An instant; PostgreSQL keeps microseconds, JavaScript reads milliseconds. */
const at = (name: string) => timestamp(name, { withTimezone: true })

/** Name, colour and short logo of a provider's or tenant's pages and reports. */
export type Brand = { name: string; color: string; logo_text: string }

/** Who owns rows: an enterprise, a provider (msp) that serves clients, or one of its clients (`parent_id` is the provider). */
export const tenants = pgTable(
  'tenants',
  {
    /** Slug, as in `x-tenant-id`. */
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['enterprise', 'msp', 'client'] }).notNull(),
    parentId: text('parent_id'),
    brand: jsonb('brand').$type<Brand>(),
    demo: boolean('demo').notNull().default(false),
    /** How long what has ended is kept, days; null for ever. */
    retentionDays: integer('retention_days'),
    /** Since when that holds: nothing is removed by it before. */
    retentionFrom: at('retention_from'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [index('tenants_parent').on(table.parentId)],
)

/** People. */
export const members = pgTable('members', {
  id: uuid('id')
    .primaryKey()
    .default(sql`gen_random_uuid()`),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

/** What a key may do: `read` answers, `ingest` events, `admin` everything in its tenants. */
export const KEY_SCOPES = ['read', 'ingest', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

/** API keys. The token itself is never kept. */
export const apiKeys = pgTable('api_keys', {
  /** UUID, or `administrator` for the first one. */
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the token, hexadecimal. */
  tokenHash: text('token_hash').notNull().unique(),
  /** The token's first characters, to recognise it by. */
  prefix: text('prefix').notNull(),
  scopes: text('scopes', { enum: KEY_SCOPES }).array().notNull(),
  /** Tenants that the key may see; null means all. */
  tenantIds: text('tenant_ids').array(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at'),
  revokedAt: at('revoked_at'),
  lastUsedAt: at('last_used_at'),
})

/** Browser sessions, each of one key. */
export const sessions = pgTable('sessions', {
  /** SHA-256 of the cookie's value, hexadecimal. */
  idHash: text('id_hash').primaryKey(),
  keyId: text('key_id')
    .notNull()
    .references(() => apiKeys.id, { onDelete: 'cascade' }),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
})

/** Who did what, appended only. */
export const audit = pgTable(
  'audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    at: at('at').notNull().defaultNow(),
    /** Key id, `system`, or a command. */
    actor: text('actor').notNull(),
    /** Null where it concerns the installation. */
    tenantId: text('tenant_id'),
    /** Verb, such as `key.minted`. */
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
  },
  (table) => [index('audit_tenant_at').on(table.tenantId, table.at)],
)

/** Files that were loaded, with their data-quality reports. */
export const imports = pgTable(
  'imports',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`gen_random_uuid()`),
    tenantId: text('tenant_id').notNull(),
    source: text('source').notNull(),
    fileName: text('file_name').notNull(),
    fileSha256: text('file_sha256'),
    /** Size of the file as given (compressed where it is). */
    bytes: bigint('bytes', { mode: 'number' }),
    format: text('format').notNull(),
    mapping: jsonb('mapping').$type<unknown>(),
    /** Repair that was applied on the way in, such as `swap-day-month`. */
    repair: text('repair'),
    state: text('state', { enum: ['running', 'done', 'cancelled', 'failed', 'undone'] }).notNull(),
    recordsRead: bigint('records_read', { mode: 'number' }).notNull().default(0),
    accepted: bigint('accepted', { mode: 'number' }).notNull().default(0),
    duplicates: bigint('duplicates', { mode: 'number' }).notNull().default(0),
    rejected: bigint('rejected', { mode: 'number' }).notNull().default(0),
    report: jsonb('report').$type<unknown>(),
    startedAt: at('started_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
    /** Key id. */
    createdBy: text('created_by').notNull(),
  },
  (table) => [index('imports_tenant_started').on(table.tenantId, table.startedAt)],
)

/** Mappings from a source's names to the vocabulary; a new version is a new row. */
export const mappings = pgTable(
  'mappings',
  {
    tenantId: text('tenant_id').notNull(),
    name: text('name').notNull(),
    version: integer('version').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name, table.version] })],
)

/** Working calendars; a new version is a new row. */
export const calendars = pgTable(
  'calendars',
  {
    tenantId: text('tenant_id').notNull(),
    name: text('name').notNull(),
    version: integer('version').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.name, table.version] })],
)

/** Ways in that a tenant has registered. Its id is the `feed` of what comes through it. */
export const sources = pgTable(
  'sources',
  {
    tenantId: text('tenant_id').notNull(),
    /** Slug, unique in the tenant. */
    id: text('id').notNull(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['webhook', 'kafka', 'otlp', 'n8n'] }).notNull(),
    /** System of the registry that sends here. */
    systemId: text('system_id'),
    /** How a record is read: name of a file in `ingest/formats/`. */
    format: text('format').notNull(),
    /** Mapping of the tenant or pack that is applied; null where the format says all. */
    mapping: text('mapping'),
    /** Pinned version of the mapping; null for the newest. */
    mappingVersion: integer('mapping_version'),
    /** What the kind needs: signature scheme and header, topic pattern and tenant binding, address and interval of a connector. */
    config: jsonb('config').$type<Record<string, unknown>>().notNull().default({}),
    /** Secrets, sealed, newest first; old ones until they expire. */
    secrets: jsonb('secrets').$type<SealedSecret[]>().notNull().default([]),
    /** Last part of the webhook's address, unique in the installation and not guessable. */
    address: text('address').unique(),
    state: text('state', { enum: ['active', 'paused'] })
      .notNull()
      .default('active'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
)

/** A secret that is encrypted with the installation's key. */
export type SealedSecret = { id: string; sealed: string; created_at: string; expires_at: string | null }

/** Systems that take part in a tenant's workflows. */
export const systems = pgTable(
  'systems',
  {
    tenantId: text('tenant_id').notNull(),
    /** Name as events and calls say it in `system`. */
    id: text('id').notNull(),
    name: text('name').notNull(),
    /** One of SYSTEM_CLASSES. */
    class: text('class').notNull(),
    owner: text('owner'),
    vendor: text('vendor'),
    runbookUrl: text('runbook_url'),
    /** Link to a document in the system, with `{type}` and `{id}`. */
    linkTemplate: text('link_template'),
    /** Other names that telemetry calls it by: service names, hosts. */
    aliases: text('aliases').array().notNull().default([]),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
)

/** How far a pulling connector is, and what it last said. */
export const connectorState = pgTable(
  'connector_state',
  {
    tenantId: text('tenant_id').notNull(),
    sourceId: text('source_id').notNull(),
    cursor: jsonb('cursor').$type<unknown>(),
    ranAt: at('ran_at'),
    succeededAt: at('succeeded_at'),
    error: text('error'),
    /** Failed runs since the last good one. */
    failures: integer('failures').notNull().default(0),
    /** When it is due again. */
    nextAt: at('next_at'),
    /** Process that polls, until when: another one takes over where it does not renew. */
    leaseOwner: text('lease_owner'),
    leaseUntil: at('lease_until'),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.sourceId] })],
)

/** Payload shapes as learned from what a source sends: the base of contract drift. */
export const payloadShapes = pgTable(
  'payload_shapes',
  {
    tenantId: text('tenant_id').notNull(),
    sourceId: text('source_id').notNull(),
    /** Kind of record within the source; empty where it has one kind. */
    recordType: text('record_type').notNull().default(''),
    shape: jsonb('shape').$type<unknown>().notNull(),
    samples: bigint('samples', { mode: 'number' }).notNull().default(0),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.sourceId, table.recordType] })],
)

/** Incarnations of topics: a topic that was deleted and made again starts a new epoch, so that its offsets are new identities. */
export const kafkaTopics = pgTable(
  'kafka_topics',
  {
    cluster: text('cluster').notNull(),
    topic: text('topic').notNull(),
    epoch: integer('epoch').notNull().default(0),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.cluster, table.topic] })],
)

/** Deliveries of webhooks that were acknowledged, as long as their signatures would pass again. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    address: text('address').notNull(),
    /** SHA-256 of what was signed, hexadecimal. */
    digest: text('digest').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.address, table.digest] }), index('webhook_deliveries_expiry').on(table.expiresAt)],
)

/**
 * What people state about the business, effective-dated: suppliers, contracts, approval matrices, … Periods of one key never overlap
 * among the rows that stand. A row that is replaced or removed stays, for what was known before.
 */
export const referenceRows = pgTable(
  'reference_rows',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`gen_random_uuid()`),
    tenantId: text('tenant_id').notNull(),
    /** suppliers, contracts, approval_matrices, … */
    kind: text('kind').notNull(),
    /** What the row is about, unique in its kind at any instant: supplier id, contract id, currency pair. */
    key: text('key').notNull(),
    validFrom: at('valid_from').notNull(),
    /** Exclusive; null while it holds. */
    validTo: at('valid_to'),
    body: jsonb('body').$type<unknown>().notNull(),
    recordedAt: at('recorded_at').notNull().defaultNow(),
    recordedBy: text('recorded_by').notNull(),
    /** Since when it no longer stands; null for those that do. */
    replacedAt: at('replaced_at'),
  },
  (table) => [index('reference_rows_key').on(table.tenantId, table.kind, table.key, table.validFrom)],
)

/** Service levels; a new version is a new row. */
export const slaDefinitions = pgTable(
  'sla_definitions',
  {
    tenantId: text('tenant_id').notNull(),
    /** Slug, unique in the tenant. */
    id: text('id').notNull(),
    version: integer('version').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    state: text('state', { enum: ['active', 'retired'] }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id, table.version] })],
)

/** What people decided about violations, appended only: the newest decision of a violation is its state. */
export const violationDecisions = pgTable(
  'violation_decisions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id').notNull(),
    violationId: text('violation_id').notNull(),
    state: text('state', { enum: ['open', 'accepted', 'remediated'] }).notNull(),
    reason: text('reason').notNull(),
    /** Who vouches for it, where that is somebody else than who decided. */
    attestedBy: text('attested_by'),
    decidedAt: at('decided_at').notNull().defaultNow(),
    decidedBy: text('decided_by').notNull(),
  },
  (table) => [index('violation_decisions_of').on(table.tenantId, table.violationId)],
)

/** Months that a tenant has closed: their numbers answer as they were known then. */
export const frozenMonths = pgTable(
  'frozen_months',
  {
    tenantId: text('tenant_id').notNull(),
    /** `2026-03`. */
    month: text('month').notNull(),
    asOf: at('as_of').notNull(),
    frozenBy: text('frozen_by').notNull(),
    note: text('note').notNull().default(''),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.month] })],
)

/** How much a removal by age took. */
export type Removed = { documents: number; events: number; calls: number; logs: number; measurements: number }

/** The last removal by age of each tenant; one that has not finished is completed before another begins. */
export const removals = pgTable('removals', {
  tenantId: text('tenant_id').primaryKey(),
  /** What happened before goes. */
  cut: at('cut').notNull(),
  /** The latest cut that was ever begun with: before it the history has gaps. */
  keptSince: at('kept_since').notNull(),
  startedAt: at('started_at').notNull(),
  finishedAt: at('finished_at'),
  /** What it took so far; null until that was counted first. */
  removed: jsonb('removed').$type<Removed>(),
  /** Part that was counted last, so that none is counted twice. */
  countedPart: text('counted_part').notNull().default(''),
})

/** How far what is computed from a tenant's events is. Instants are microseconds by ClickHouse's clock. */
export const derivations = pgTable('derivations', {
  tenantId: text('tenant_id').primaryKey(),
  /** Marks up to here were worked off as they came. */
  freshUntil: bigint('fresh_until', { mode: 'number' }).notNull().default(0),
  /** Marks up to here were worked off once more, after all that could have been on its way had arrived. */
  settledUntil: bigint('settled_until', { mode: 'number' }).notNull().default(0),
  /** Version of the last run that was completed. */
  published: bigint('published', { mode: 'number' }).notNull().default(0),
  /** Hash of what the numbers are computed by; another one means that everything is computed anew. */
  definitions: text('definitions').notNull().default(''),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** Alert rules; a new version is a new row. */
export const alertRules = pgTable(
  'alert_rules',
  {
    tenantId: text('tenant_id').notNull(),
    /** Slug, unique in the tenant. */
    id: text('id').notNull(),
    version: integer('version').notNull(),
    /** What the tenant states: of a rule of a pack the differences alone. */
    body: jsonb('body').$type<unknown>().notNull(),
    /** Pack that it inherits from; null for a rule of the tenant's own. */
    pack: text('pack'),
    state: text('state', { enum: ['active', 'retired'] }).notNull(),
    note: text('note').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id, table.version] })],
)

/** Who is told of which alerts: one document of each tenant, a new version is a new row. */
export const alertRouting = pgTable(
  'alert_routing',
  {
    tenantId: text('tenant_id').notNull(),
    version: integer('version').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    /** Why it was changed, as its author said. */
    note: text('note').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.version] })],
)

/** Ways to reach people. */
export const alertChannels = pgTable(
  'alert_channels',
  {
    tenantId: text('tenant_id').notNull(),
    /** Slug, unique in the tenant. */
    id: text('id').notNull(),
    title: text('title').notNull(),
    /** Name of a file in `alerts/channels/`. */
    kind: text('kind').notNull(),
    config: jsonb('config').$type<Record<string, unknown>>().notNull().default({}),
    /** Secret fields of the configuration, sealed together as JSON; null where there is none. */
    sealed: text('sealed'),
    state: text('state', { enum: ['active', 'paused'] })
      .notNull()
      .default('active'),
    /** Messages that it takes in a minute; more wait. */
    perMinute: integer('per_minute').notNull().default(60),
    /** Until when its receiver asked to be left alone. */
    heldUntil: at('held_until'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] })],
)

/** Silences and maintenance windows: evaluation goes on, and what had been told before is still resolved. */
export const alertSilences = pgTable(
  'alert_silences',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`gen_random_uuid()`),
    tenantId: text('tenant_id').notNull(),
    kind: text('kind', { enum: ['silence', 'maintenance'] }).notNull(),
    matcher: jsonb('matcher').$type<unknown>().notNull(),
    from: at('starts_at').notNull(),
    to: at('ends_at').notNull(),
    reason: text('reason').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
    /** When it was ended before its time. */
    endedAt: at('ended_at'),
    endedBy: text('ended_by'),
  },
  (table) => [index('alert_silences_of').on(table.tenantId, table.to)],
)

/** How far the alert engine is with a tenant. Whoever writes moves the tick on by one, or writes nothing. */
export const alertCursors = pgTable('alert_cursors', {
  tenantId: text('tenant_id').primaryKey(),
  tick: bigint('tick', { mode: 'number' }).notNull().default(0),
  /** Answers up to this version are taken in, and evaluated up to this instant, µs. */
  version: bigint('version', { mode: 'number' }).notNull().default(0),
  watermark: bigint('watermark', { mode: 'number' }).notNull().default(0),
  /** Hash of the rules that were in force then: others look at everything anew. */
  rules: text('rules').notNull().default(''),
  /** Process that evaluates, until when, by PostgreSQL's clock. */
  owner: text('owner'),
  until: at('owned_until'),
  /** When it was last evaluated, and what it failed with. */
  evaluatedAt: at('evaluated_at'),
  error: text('error'),
})

/** Ticks of the engine that looked at something: what `as_known` replays. Instants µs. */
export const alertTicks = pgTable(
  'alert_ticks',
  {
    tenantId: text('tenant_id').notNull(),
    tick: bigint('tick', { mode: 'number' }).notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    watermark: bigint('watermark', { mode: 'number' }).notNull(),
    at: bigint('at', { mode: 'number' }).notNull(),
    /** Documents (`type/id`) whose clocks had to wait, as something about them was not computed yet. */
    held: jsonb('held').$type<string[]>().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.tick] }), index('alert_ticks_at').on(table.tenantId, table.at)],
)

/** What the engine knows of what begins and ends by itself and is not over: clocks, violations, incidents, blocked documents. */
export const alertSubjects = pgTable(
  'alert_subjects',
  {
    tenantId: text('tenant_id').notNull(),
    kind: text('kind', { enum: ['clock', 'violation', 'incident', 'block'] }).notNull(),
    key: text('key').notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    /** When something about it comes due by time alone, µs; null while nothing does. */
    nextAt: bigint('next_at', { mode: 'number' }),
    documentType: text('document_type').notNull(),
    documentId: text('document_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.kind, table.key] }),
    index('alert_subjects_next').on(table.tenantId, table.nextAt),
    index('alert_subjects_document').on(table.tenantId, table.documentType, table.documentId),
  ],
)

/** Values that were looked up for rules, as they were seen. */
export const alertSamples = pgTable(
  'alert_samples',
  {
    tenantId: text('tenant_id').notNull(),
    /** What was looked up, whatever rule asked: hash of KPI, window, group and filters. */
    series: text('series').notNull(),
    /** End of the window, µs. */
    at: bigint('at', { mode: 'number' }).notNull(),
    tick: bigint('tick', { mode: 'number' }).notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.series, table.at] })],
)

/** State of each rule and key that is not inactive, or ever was: `epoch` counts how often it fired. Instants µs. */
export const alertInstances = pgTable(
  'alert_instances',
  {
    tenantId: text('tenant_id').notNull(),
    rule: text('rule').notNull(),
    key: text('key').notNull(),
    epoch: integer('epoch').notNull(),
    state: text('state', { enum: ['inactive', 'pending', 'firing', 'recovering'] }).notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    nextAt: bigint('next_at', { mode: 'number' }),
    /** Alert (page) that it is part of. */
    alertId: uuid('alert_id'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.rule, table.key] }),
    index('alert_instances_key').on(table.tenantId, table.key),
    index('alert_instances_next').on(table.tenantId, table.nextAt),
    index('alert_instances_alert').on(table.alertId),
  ],
)

/** Every transition, each once. Instants µs. */
export const alertTransitions = pgTable(
  'alert_transitions',
  {
    tenantId: text('tenant_id').notNull(),
    rule: text('rule').notNull(),
    key: text('key').notNull(),
    epoch: integer('epoch').notNull(),
    /** From 1 within rule, key and epoch. */
    number: integer('number').notNull(),
    from: text('from_state').notNull(),
    to: text('to_state').notNull(),
    /** When it came about, by the events. */
    at: bigint('at', { mode: 'number' }).notNull(),
    reason: text('reason').notNull(),
    severity: text('severity').notNull(),
    value: doublePrecision('value'),
    ruleVersion: integer('rule_version').notNull(),
    tick: bigint('tick', { mode: 'number' }).notNull(),
    /** When the engine found it, and the watermark and version by which it did. */
    decidedAt: bigint('decided_at', { mode: 'number' }).notNull(),
    watermark: bigint('watermark', { mode: 'number' }).notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    alertId: uuid('alert_id'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.rule, table.key, table.epoch, table.number] }),
    index('alert_transitions_at').on(table.tenantId, table.decidedAt),
    index('alert_transitions_alert').on(table.alertId),
  ],
)

/** Alerts: pages, one for each cause, with all that belongs to it. */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey(),
    tenantId: text('tenant_id').notNull(),
    rule: text('rule').notNull(),
    /** Values of the rule's grouping; one alert of a group is open at a time. */
    groupKey: text('group_key').notNull(),
    state: text('state', { enum: ['waiting', 'firing', 'resolved'] }).notNull(),
    severity: text('severity').notNull(),
    class: text('class', { enum: ['business', 'technical'] }).notNull(),
    labels: jsonb('labels').$type<Record<string, string>>().notNull(),
    /** Title, cause, scope, members as they are now. */
    body: jsonb('body').$type<unknown>().notNull(),
    /** Money at risk in the reporting currency; null where none is known. */
    money: doublePrecision('money'),
    /** When it began, by the events; when it was opened and resolved, by the engine. */
    startedAt: at('started_at').notNull(),
    openedAt: at('opened_at').notNull(),
    resolvedAt: at('resolved_at'),
    /** Alert of the incident that holds it back. */
    inhibitedBy: uuid('inhibited_by'),
    silencedBy: uuid('silenced_by'),
    /** Whose follow-up it is. */
    follows: uuid('follows'),
    /** What people said about it: useful, noise; null while nobody did. */
    verdict: text('verdict', { enum: ['useful', 'noise'] }),
    /** When the engine has to look at it again, by its clock. */
    nextAt: at('next_at'),
  },
  (table) => [
    index('alerts_open').on(table.tenantId, table.state, table.openedAt),
    index('alerts_group').on(table.tenantId, table.rule, table.groupKey),
    index('alerts_next').on(table.tenantId, table.nextAt),
  ],
)

/** Who answers for an alert: a party with its own clock. */
export const alertParties = pgTable(
  'alert_parties',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    party: text('party').notNull(),
    state: text('state', { enum: ['held', 'told', 'acknowledged', 'handed_over', 'done'] }).notNull(),
    /** Steps that were taken. */
    step: integer('step').notNull().default(0),
    startedAt: at('started_at'),
    toldAt: at('told_at'),
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    /** Severity that was acknowledged: a graver one tells again. */
    acknowledgedSeverity: text('acknowledged_severity'),
    nextAt: at('next_at'),
  },
  (table) => [primaryKey({ columns: [table.alertId, table.party] })],
)

/** What happened to an alert, in order: what the engine did, and what people did. */
export const alertStory = pgTable(
  'alert_story',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id').notNull(),
    alertId: uuid('alert_id').notNull(),
    at: at('at').notNull(),
    /** `engine`, or a key. */
    actor: text('actor').notNull(),
    what: text('what').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
  },
  (table) => [index('alert_story_of').on(table.alertId, table.id)],
)

/** The outbox: messages that are written with the transitions they tell of, and sent until the receiver has them. */
export const alertNotes = pgTable(
  'alert_notes',
  {
    /** Number in the order in which they were written. */
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id').notNull(),
    /** Hash of alert, party, channel, kind and number: what makes it one message. */
    key: text('key').notNull().unique(),
    alertId: uuid('alert_id'),
    party: text('party').notNull().default(''),
    channelId: text('channel_id').notNull(),
    kind: text('kind').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
    state: text('state', { enum: ['queued', 'sent', 'dead', 'dropped'] })
      .notNull()
      .default('queued'),
    attempts: integer('attempts').notNull().default(0),
    /** When it is due (again). */
    nextAt: at('next_at').notNull(),
    /** Process that sends it, until when. */
    owner: text('owner'),
    until: at('owned_until'),
    createdAt: at('created_at').notNull(),
    /** When the breach or failure came about that it tells of. */
    aboutAt: at('about_at'),
    sentAt: at('sent_at'),
    receipt: text('receipt'),
    error: text('error'),
  },
  (table) => [
    index('alert_notes_due').on(table.state, table.nextAt),
    index('alert_notes_alert').on(table.alertId, table.id),
    index('alert_notes_channel').on(table.tenantId, table.channelId, table.id),
  ],
)

/** What the installation remembers about itself. */
export const settings = pgTable('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').$type<unknown>().notNull(),
})

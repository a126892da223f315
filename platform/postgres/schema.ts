import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
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

/** What the installation remembers about itself. */
export const settings = pgTable('settings', {
  key: text('key').primaryKey(),
  value: jsonb('value').$type<unknown>().notNull(),
})

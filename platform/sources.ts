import { randomBytes } from 'node:crypto'
import { and, asc, eq, sql } from 'drizzle-orm'
import type { Instant } from '../model/instant.ts'
import { type TenantId, verifiedTenant } from '../model/tenant.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { connectorState, payloadShapes, type SealedSecret, sources, webhookDeliveries } from './postgres/schema.ts'
import type { SecretBox } from './secrets.ts'

/** Ways in that can be registered. */
export type SourceKind = (typeof sources.$inferSelect)['kind']

/** A registered way in, without its secrets. Its id is the `feed` of what comes through it. */
export type RegisteredSource = Omit<typeof sources.$inferSelect, 'tenantId' | 'secrets'> & {
  tenantId: TenantId
  /** What is known of the secrets, newest first; they themselves never. */
  secrets: Omit<SealedSecret, 'sealed'>[]
}

/** A source with its secrets, opened, newest first; those that expired are left out. */
export type OpenedSource = { source: RegisteredSource; secrets: string[] }

/** What `createSource` takes. `secret` is sealed and kept; null where the kind needs none. */
export type NewSource = {
  tenantId: TenantId
  /** Made from the name where not given. */
  id?: string | undefined
  name: string
  kind: SourceKind
  systemId?: string | null | undefined
  format: string
  mapping?: string | null | undefined
  mappingVersion?: number | null | undefined
  config?: Record<string, unknown> | undefined
  secret: string | null
}

/** What can be changed afterwards. */
export type SourceChange = {
  [K in 'name' | 'systemId' | 'format' | 'mapping' | 'mappingVersion' | 'config' | 'state']?: RegisteredSource[K] | undefined
}

/** Sources of one tenant, which no installation comes near by hand. */
const MOST_SOURCES = 500
/** Feeds that are no registered sources. */
const RESERVED: ReadonlySet<string> = new Set(['http', 'otlp', 'import'])
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u
const ADDRESS_BYTES = 24
const ADDRESS = /^[\w-]{32}$/u
const MOST_SECRETS = 5

/** The sources of a tenant, or of every tenant (`null`), by tenant and id. */
export async function listSources(db: Db, tenant: TenantId | null, kind?: SourceKind): Promise<RegisteredSource[]> {
  const rows = await db
    .select()
    .from(sources)
    .where(
      and(tenant === null ? undefined : eq(sources.tenantId, tenant), kind === undefined ? undefined : eq(sources.kind, kind)),
    )
    .orderBy(asc(sources.tenantId), asc(sources.id))
  return rows.map(withoutSecrets)
}

/** The source, or `null`. */
export async function findSource(db: Db, tenant: TenantId, id: string): Promise<RegisteredSource | null> {
  const [row] = await db.select().from(sources).where(isSource(tenant, id))
  return row === undefined ? null : withoutSecrets(row)
}

/**
 * The source with its secrets, for those who verify or call with them; `null` where there is none.
 *
 * @throws SightlineError `secret_key_missing`
 */
export async function openSource(
  db: Db,
  box: SecretBox,
  tenant: TenantId,
  id: string,
  now: Instant,
): Promise<OpenedSource | null> {
  const [row] = await db.select().from(sources).where(isSource(tenant, id))
  return row === undefined ? null : opened(box, row, now)
}

/**
 * The webhook source of an address with its secrets; `null` for an address that nobody has. Text that cannot be an address is told
 * without asking the database.
 *
 * @throws SightlineError `secret_key_missing`
 */
export async function findByAddress(db: Db, box: SecretBox, address: string, now: Instant): Promise<OpenedSource | null> {
  if (!ADDRESS.test(address)) return null
  const [row] = await db.select().from(sources).where(eq(sources.address, address))
  return row === undefined ? null : opened(box, row, now)
}

/**
 * Registers a source; a webhook gets an address that cannot be guessed.
 *
 * @throws SightlineError `parameter_invalid` for an id that is no slug, `conflict` where it exists or the tenant has too many,
 *   `secret_key_missing`
 */
export async function createSource(db: Db, box: SecretBox, source: NewSource, actor: string): Promise<RegisteredSource> {
  const { tenantId, secret } = source
  const base = source.id ?? slugOf(source.name)
  if (!SLUG.test(base) || RESERVED.has(base))
    throw new SightlineError('parameter_invalid', `"${base.slice(0, 80)}" cannot be the id of a source.`, {
      next: `Use lower-case letters, digits and dashes, at most 63; ${[...RESERVED].join(', ')} are taken.`,
    })
  return db.transaction(async (tx) => {
    await oneAtATime(tx, `sources/${tenantId}`)
    const taken = new Set(
      (await tx.select({ id: sources.id }).from(sources).where(eq(sources.tenantId, tenantId))).map((one) => one.id),
    )
    if (taken.size >= MOST_SOURCES)
      throw new SightlineError('conflict', `A tenant has at most ${MOST_SOURCES} sources.`, { next: 'Remove one first.' })
    if (source.id !== undefined && taken.has(base))
      throw new SightlineError('conflict', `The source "${base}" exists already.`, { next: 'Choose another id.' })
    const id = freeId(base, taken)
    const [row] = await tx
      .insert(sources)
      .values({
        tenantId,
        id,
        name: source.name,
        kind: source.kind,
        systemId: source.systemId ?? null,
        format: source.format,
        mapping: source.mapping ?? null,
        mappingVersion: source.mappingVersion ?? null,
        config: source.config ?? {},
        secrets: secret === null ? [] : [sealedSecret(box, tenantId, id, secret)],
        address: source.kind === 'webhook' ? randomBytes(ADDRESS_BYTES).toString('base64url') : null,
      })
      .returning()
    if (row === undefined) throw new SightlineError('internal', 'The source was not kept.')
    await recordAudit(tx, {
      actor,
      tenantId,
      action: 'source.created',
      subject: id,
      detail: { name: source.name, kind: source.kind, format: source.format, mapping: source.mapping ?? null },
    })
    return withoutSecrets(row)
  })
}

/**
 * Changes a source; fields that are `undefined` stay.
 *
 * @throws SightlineError `not_found`
 */
export async function updateSource(
  db: Db,
  tenant: TenantId,
  id: string,
  change: SourceChange,
  actor: string,
): Promise<RegisteredSource> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(sources)
      .set({ ...change, updatedAt: sql`now()` })
      .where(isSource(tenant, id))
      .returning()
    if (row === undefined) throw unknown(id)
    const { state, ...rest } = change
    const action = state === undefined ? 'source.changed' : state === 'paused' ? 'source.paused' : 'source.resumed'
    const changed = Object.keys(rest).filter((field) => change[field as keyof SourceChange] !== undefined)
    await recordAudit(tx, { actor, tenantId: tenant, action, subject: id, detail: changed.length === 0 ? {} : { changed } })
    return withoutSecrets(row)
  })
}

/**
 * Gives a source a new secret; those it has end after `overlapS` seconds, or earlier where they were to end before.
 *
 * @throws SightlineError `not_found`, `secret_key_missing`
 */
export async function rotateSecret(
  db: Db,
  box: SecretBox,
  rotation: { tenantId: TenantId; id: string; secret: string; overlapS: number; now: Instant },
  actor: string,
): Promise<RegisteredSource> {
  const { tenantId, id, overlapS, now } = rotation
  return db.transaction(async (tx) => {
    const [found] = await tx.select().from(sources).where(isSource(tenantId, id)).for('update')
    if (found === undefined) throw unknown(id)
    const end = isoOf(now + overlapS * 1e6)
    const ending = overlapS === 0 ? [] : found.secrets.filter((secret) => isValid(secret, now))
    const older = ending.map((secret) => ({
      ...secret,
      expires_at: secret.expires_at !== null && secret.expires_at < end ? secret.expires_at : end,
    }))
    const [row] = await tx
      .update(sources)
      .set({
        secrets: [sealedSecret(box, tenantId, id, rotation.secret), ...older].slice(0, MOST_SECRETS),
        updatedAt: sql`now()`,
      })
      .where(isSource(tenantId, id))
      .returning()
    if (row === undefined) throw unknown(id)
    await recordAudit(tx, {
      actor,
      tenantId,
      action: 'source.rotated',
      subject: id,
      detail: { overlap_s: overlapS, old_until: older.length === 0 ? null : end },
    })
    return withoutSecrets(row)
  })
}

/**
 * Removes a source with its secrets and what was learned about it; what came through it stays.
 *
 * @throws SightlineError `not_found`
 */
export async function removeSource(db: Db, tenant: TenantId, id: string, actor: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.delete(sources).where(isSource(tenant, id)).returning()
    if (row === undefined) throw unknown(id)
    await tx.delete(connectorState).where(and(eq(connectorState.tenantId, tenant), eq(connectorState.sourceId, id)))
    await tx.delete(payloadShapes).where(and(eq(payloadShapes.tenantId, tenant), eq(payloadShapes.sourceId, id)))
    if (row.address !== null) await tx.delete(webhookDeliveries).where(eq(webhookDeliveries.address, row.address))
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'source.removed',
      subject: id,
      detail: { name: row.name, kind: row.kind },
    })
  })
}

function isSource(tenant: TenantId, id: string) {
  return and(eq(sources.tenantId, tenant), eq(sources.id, id))
}

function withoutSecrets(row: typeof sources.$inferSelect): RegisteredSource {
  return {
    ...row,
    tenantId: verifiedTenant(row.tenantId),
    secrets: row.secrets.map(({ id, created_at, expires_at }) => ({ id, created_at, expires_at })),
  }
}

function opened(box: SecretBox, row: typeof sources.$inferSelect, now: Instant): OpenedSource {
  const valid = row.secrets.filter((secret) => isValid(secret, now))
  return { source: withoutSecrets(row), secrets: valid.map(({ sealed }) => box.open(sealed, contextOf(row.tenantId, row.id))) }
}

function isValid({ expires_at }: SealedSecret, now: Instant): boolean {
  return expires_at === null || expires_at > isoOf(now)
}

/** To the millisecond, so that texts compare as their instants do. */
function isoOf(at: Instant): string {
  return new Date(at / 1000).toISOString()
}

function sealedSecret(box: SecretBox, tenant: string, id: string, secret: string): SealedSecret {
  return {
    id: randomBytes(6).toString('hex'),
    sealed: box.seal(secret, contextOf(tenant, id)),
    created_at: new Date().toISOString(),
    expires_at: null,
  }
}

function contextOf(tenant: string, id: string): string {
  return `${tenant}/${id}`
}

/** A slug of a name; `source` where nothing of it can be one. */
function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .slice(0, 50)
    .replaceAll(/^-+|-+$/gu, '')
  return slug === '' || RESERVED.has(slug) ? `source${slug === '' ? '' : `-${slug}`}` : slug
}

function freeId(base: string, taken: ReadonlySet<string>): string {
  let id = base
  for (let count = 2; taken.has(id); count++) id = `${base}-${count}`
  return id
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `This tenant has no source "${id.slice(0, 80)}".`, {
    next: 'GET /v1/sources lists them.',
  })
}

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { and, asc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { apiKeys, sessions } from './postgres/schema.ts'
import type { KeyScope } from './postgres/schema.ts'

/** A key as it is kept; its token is known to its holder only. */
export type ApiKey = Omit<typeof apiKeys.$inferSelect, 'tokenHash'>

/** Id of the first administrator's key. */
const ADMINISTRATOR = 'administrator'

const PREFIX_LENGTH = 9
const SESSION_DAYS = 30

const KEPT = {
  id: apiKeys.id,
  name: apiKeys.name,
  prefix: apiKeys.prefix,
  scopes: apiKeys.scopes,
  tenantIds: apiKeys.tenantIds,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  lastUsedAt: apiKeys.lastUsedAt,
}

/**
 * Makes a key.
 *
 * @param key.tenantIds the tenants that it may see; `null` for all
 * @returns the key and its token (`slk_` and 43 characters), which is shown this once
 */
export async function mintKey(
  db: Db,
  key: { name: string; scopes: readonly KeyScope[]; tenantIds: readonly string[] | null; expiresAt?: Date | null },
): Promise<{ key: ApiKey; token: string }> {
  const token = newToken()
  const [minted] = await db
    .insert(apiKeys)
    .values({
      id: randomUUID(),
      name: key.name,
      scopes: [...key.scopes],
      tenantIds: key.tenantIds === null ? null : [...key.tenantIds],
      expiresAt: key.expiresAt ?? null,
      ...tokenColumns(token),
    })
    .returning(KEPT)
  if (minted === undefined) throw new SightlineError('internal', 'The key was not kept.')
  return { key: minted, token }
}

/** The key of a token; `null` where it is unknown, expired or revoked. Notes the use, to the minute. */
export async function findKey(db: Db, token: string): Promise<ApiKey | null> {
  const [key] = await db
    .select(KEPT)
    .from(apiKeys)
    .where(and(eq(apiKeys.tokenHash, hash(token)), usable()))
  return key === undefined ? null : noteUse(db, key)
}

/** Every key, oldest first. */
export async function listKeys(db: Db): Promise<ApiKey[]> {
  return db.select(KEPT).from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
}

/**
 * Ends a key at once, with its sessions.
 *
 * @throws {SightlineError} `not_found`, `conflict` for the administrator's
 */
export async function revokeKey(db: Db, id: string): Promise<ApiKey> {
  if (id === ADMINISTRATOR) {
    throw new SightlineError('conflict', "The first administrator's key cannot be revoked.", {
      next: 'Give it another token: set SIGHTLINE_ADMIN_TOKEN and start again.',
    })
  }
  return db.transaction(async (tx) => {
    const [revoked] = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, now())` })
      .where(eq(apiKeys.id, id))
      .returning(KEPT)
    if (revoked === undefined) throw new SightlineError('not_found', 'There is no such key.')
    await tx.delete(sessions).where(eq(sessions.keyId, id))
    return revoked
  })
}

/**
 * Creates or keeps the first administrator's key, which sees every tenant. Its token is `fixedToken`, else the one kept in the
 * data folder, else (where there is no folder) one that is made when the key is first created and shown this once.
 *
 * @param options.kept reads the token that the data folder keeps, making it with the given function where there is none
 * @returns the token; `null` where the key exists already and its token is nowhere kept
 */
export async function ensureAdministrator(
  db: Db,
  options: { fixedToken?: string | undefined; kept?: ((make: () => string) => Promise<string>) | undefined },
): Promise<{ token: string | null }> {
  const known = options.fixedToken ?? (await options.kept?.(newToken))
  const token = known ?? newToken()
  const administrator = { name: 'Administrator', scopes: ['admin' as const], ...tokenColumns(token) }
  if (known === undefined) {
    const created = await db
      .insert(apiKeys)
      .values({ id: ADMINISTRATOR, ...administrator })
      .onConflictDoNothing({ target: apiKeys.id })
      .returning({ id: apiKeys.id })
    return { token: created.length === 0 ? null : token }
  }
  await db.transaction(async (tx) => {
    const changed = await tx
      .insert(apiKeys)
      .values({ id: ADMINISTRATOR, ...administrator })
      .onConflictDoUpdate({
        target: apiKeys.id,
        set: tokenColumns(token),
        setWhere: sql`${apiKeys.tokenHash} <> ${hash(token)}`,
      })
      .returning({ id: apiKeys.id })
    if (changed.length > 0) await tx.delete(sessions).where(eq(sessions.keyId, ADMINISTRATOR))
  })
  return { token }
}

/**
 * Opens a browser session of a key.
 *
 * @returns the value for the cookie, and when it ends (30 days on)
 */
export async function createSession(
  db: Db,
  keyId: string,
  now: Date = new Date(),
): Promise<{ session: string; expiresAt: Date }> {
  const session = randomBytes(32).toString('base64url')
  const expiresAt = new Date(now.getTime() + SESSION_DAYS * 86_400_000)
  await db.delete(sessions).where(lt(sessions.expiresAt, now))
  await db.insert(sessions).values({ idHash: hash(session), keyId, expiresAt })
  return { session, expiresAt }
}

/** The key of a session; `null` where the session is unknown or over, or the key expired or revoked. */
export async function findSession(db: Db, session: string): Promise<ApiKey | null> {
  const [key] = await db
    .select(KEPT)
    .from(sessions)
    .innerJoin(apiKeys, eq(apiKeys.id, sessions.keyId))
    .where(and(eq(sessions.idHash, hash(session)), gt(sessions.expiresAt, sql`now()`), usable()))
  return key === undefined ? null : noteUse(db, key)
}

/** Ends a session; one that is unknown is no error. */
export async function deleteSession(db: Db, session: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.idHash, hash(session)))
}

function usable() {
  return and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`now()`)))
}

async function noteUse(db: Db, key: ApiKey): Promise<ApiKey> {
  const lastMinute = new Date(Date.now() - 60_000)
  if (key.lastUsedAt === null || key.lastUsedAt < lastMinute) {
    await db
      .update(apiKeys)
      .set({ lastUsedAt: sql`now()` })
      .where(and(eq(apiKeys.id, key.id), or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, lastMinute))))
  }
  return key
}

function newToken(): string {
  return `slk_${randomBytes(32).toString('base64url')}`
}

function tokenColumns(token: string): { tokenHash: string; prefix: string } {
  // A short fixed token must not be given away by its prefix.
  return { tokenHash: hash(token), prefix: token.length > 3 * PREFIX_LENGTH ? token.slice(0, PREFIX_LENGTH) : '…' }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

import { and, asc, eq } from 'drizzle-orm'
import { SYSTEM_CLASSES } from '../model/vocabulary.ts'
import { recordAudit } from './audit.ts'
import { SightlineError } from './errors.ts'
import type { Db } from './postgres/client.ts'
import { oneAtATime } from './postgres/one-at-a-time.ts'
import { systems } from './postgres/schema.ts'

/** One of the classes of the vocabulary. */
export type SystemClass = (typeof SYSTEM_CLASSES)[number]

/** What is told of a system; what is left out stays as it is, or empty. */
export type SystemInput = {
  name: string
  class: SystemClass
  owner?: string | null | undefined
  vendor?: string | null | undefined
  runbook_url?: string | null | undefined
  link_template?: string | null | undefined
  aliases?: readonly string[] | undefined
}

/** What changes; what is left out stays. */
export type SystemChange = { [K in keyof SystemInput]?: SystemInput[K] | undefined }

/** A system as it is shown. */
export type System = ReturnType<typeof view>

/** The tenant's systems, by id. */
export async function listSystems(db: Db, tenant: string): Promise<System[]> {
  const rows = await db.select().from(systems).where(eq(systems.tenantId, tenant)).orderBy(asc(systems.id))
  return rows.map(view)
}

/**
 * Registers a system.
 *
 * @throws SightlineError `conflict` where its id or an alias already names one of the tenant's systems
 */
export async function createSystem(db: Db, tenant: string, actor: string, input: SystemInput & { id: string }): Promise<System> {
  return change(db, tenant, async (tx, others) => {
    const aliases = distinct(input.aliases ?? [])
    refuseTaken([input.id, ...aliases], others)
    const [created] = await tx
      .insert(systems)
      .values({ tenantId: tenant, id: input.id, ...columns(input), name: input.name, class: input.class, aliases })
      .returning()
    await recordAudit(tx, {
      actor,
      tenantId: tenant,
      action: 'system.created',
      subject: input.id,
      detail: { name: input.name, class: input.class },
    })
    return created
  })
}

/**
 * Changes what is told of a system.
 *
 * @throws SightlineError `not_found`, `conflict` where an alias already names another one
 */
export async function updateSystem(db: Db, tenant: string, actor: string, id: string, input: SystemChange): Promise<System> {
  return change(db, tenant, async (tx, all) => {
    const aliases = input.aliases === undefined ? undefined : distinct(input.aliases)
    refuseTaken(
      aliases ?? [],
      all.filter((other) => other.id !== id),
    )
    const [updated] = await tx
      .update(systems)
      .set({
        ...columns(input),
        ...(input.name === undefined ? {} : { name: input.name }),
        ...(input.class === undefined ? {} : { class: input.class }),
        ...(aliases === undefined ? {} : { aliases }),
        updatedAt: new Date(),
      })
      .where(one(tenant, id))
      .returning()
    if (updated !== undefined)
      await recordAudit(tx, { actor, tenantId: tenant, action: 'system.changed', subject: id, detail: { ...input } })
    return updated
  })
}

/**
 * Takes a system off the register; what it sent stays.
 *
 * @throws SightlineError `not_found`
 */
export async function deleteSystem(db: Db, tenant: string, actor: string, id: string): Promise<System> {
  return change(db, tenant, async (tx) => {
    const [deleted] = await tx.delete(systems).where(one(tenant, id)).returning()
    if (deleted !== undefined) await recordAudit(tx, { actor, tenantId: tenant, action: 'system.deleted', subject: id })
    return deleted
  })
}

/** Finds the system that a name, a service name or a host means; `null` where none of the tenant's does. Letter case is ignored. */
export type SystemResolver = (name: string) => { system: string; class: SystemClass } | null

const RESOLVER_MS = 30_000
const resolvers = new WeakMap<Db, Map<string, { until: number; resolver: Promise<SystemResolver> }>>()

/**
 * The resolver of a tenant's system names, read from the register at most every half minute and at once after a change in this
 * process. The id of a system goes before its name and its aliases.
 */
export function systemResolver(db: Db, tenant: string): Promise<SystemResolver> {
  const known = resolvers.get(db) ?? new Map<string, { until: number; resolver: Promise<SystemResolver> }>()
  resolvers.set(db, known)
  const cached = known.get(tenant)
  if (cached !== undefined && cached.until > performance.now()) return cached.resolver
  const resolver = listSystems(db, tenant).then(resolverOf)
  known.set(tenant, { until: performance.now() + RESOLVER_MS, resolver })
  resolver.catch(() => known.delete(tenant))
  return resolver
}

/** The resolver over a list of systems. */
export function resolverOf(all: readonly Pick<System, 'id' | 'name' | 'class' | 'aliases'>[]): SystemResolver {
  const byName = new Map<string, { system: string; class: SystemClass }>()
  const add = (name: string, system: Pick<System, 'id' | 'class'>) => {
    const key = name.toLowerCase()
    if (!byName.has(key)) byName.set(key, { system: system.id, class: system.class })
  }
  for (const system of all) add(system.id, system)
  for (const system of all) for (const alias of system.aliases) add(alias, system)
  for (const system of all) add(system.name, system)
  return (name) => byName.get(name.toLowerCase()) ?? null
}

type Row = typeof systems.$inferSelect

/** Runs a change among the tenant's systems, one at a time, and forgets the resolver. */
async function change(
  db: Db,
  tenant: string,
  deed: (tx: Pick<Db, 'insert' | 'update' | 'delete'>, all: readonly Row[]) => Promise<Row | undefined>,
): Promise<System> {
  const changed = await db.transaction(async (tx) => {
    await oneAtATime(tx, `systems/${tenant}`)
    const all = await tx.select().from(systems).where(eq(systems.tenantId, tenant))
    return deed(tx, all)
  })
  resolvers.get(db)?.delete(tenant)
  if (changed === undefined)
    throw new SightlineError('not_found', 'This tenant has no such system.', { next: 'GET /v1/systems lists them.' })
  return view(changed)
}

function refuseTaken(names: readonly string[], others: readonly Row[]): void {
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  for (const other of others)
    for (const name of [other.id, ...other.aliases])
      if (wanted.has(name.toLowerCase()))
        throw new SightlineError('conflict', `"${name}" already names the system "${other.id}".`, {
          next: 'Change that one, or choose another name.',
        })
}

function distinct(aliases: readonly string[]): string[] {
  return [...new Map(aliases.map((alias) => [alias.toLowerCase(), alias])).values()]
}

function columns(input: SystemChange) {
  return {
    ...(input.owner === undefined ? {} : { owner: input.owner }),
    ...(input.vendor === undefined ? {} : { vendor: input.vendor }),
    ...(input.runbook_url === undefined ? {} : { runbookUrl: input.runbook_url }),
    ...(input.link_template === undefined ? {} : { linkTemplate: input.link_template }),
  }
}

function one(tenant: string, id: string) {
  return and(eq(systems.tenantId, tenant), eq(systems.id, id))
}

function view(row: Row) {
  return {
    id: row.id,
    name: row.name,
    class: SYSTEM_CLASSES.find((name) => name === row.class) ?? 'workflow',
    owner: row.owner,
    vendor: row.vendor,
    runbook_url: row.runbookUrl,
    link_template: row.linkTemplate,
    aliases: row.aliases,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  }
}

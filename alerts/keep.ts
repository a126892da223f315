import { createHash } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { compose, type Letterhead } from '../model/alert-compose.ts'
import type { Input, Looked, World } from '../model/alert-look.ts'
import type { Instant } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Tx } from '../platform/postgres/client.ts'
import { alertChannels, alertNotes, alertSamples, alertStory, alertTicks } from '../platform/postgres/schema.ts'
import { channelKinds } from './channels.ts'
import type { LookedUp } from './look-up.ts'
import { savePages } from './page-state.ts'
import { chunks, dateOf, saveInstances, saveSubjects, saveTransitions } from './state.ts'

/** Channels that show who has acknowledged what; the others would only be disturbed by it. */
async function mirroringChannels(tx: Tx, tenant: TenantId): Promise<Set<string>> {
  const rows = await tx
    .select({ id: alertChannels.id, kind: alertChannels.kind })
    .from(alertChannels)
    .where(eq(alertChannels.tenantId, tenant))
  const kinds = await channelKinds()
  return new Set(rows.filter(({ kind }) => kinds.get(kind)?.mirrors === true).map(({ id }) => id))
}

/** Writes what a look changed: states, transitions, pages, messages, and that it was looked. */
export async function keep(
  tx: Tx,
  tenant: TenantId,
  of: {
    looked: Looked
    world: World
    input: Input
    tick: { tick: number; at: Instant; watermark: Instant; version: number; held: string[] }
    values: readonly LookedUp[]
    head: Letterhead
  },
): Promise<void> {
  const { looked, world, input, tick, values, head } = of
  const { evaluated, turned } = looked
  await saveSubjects(tx, tenant, looked.kept, looked.over)
  await saveInstances(tx, tenant, evaluated.instances)
  await saveTransitions(
    tx,
    tenant,
    evaluated.moved.map((one) => ({ ...one, home: turned.pageOf.get(one.transition) ?? null })),
    tick,
  )
  const pages = [...turned.touched].flatMap((id) => world.pages.get(id) ?? [])
  await savePages(tx, tenant, pages, turned.money)
  const at = dateOf(tick.at) ?? new Date(0)
  for (const some of chunks(turned.story, 1000))
    await tx
      .insert(alertStory)
      .values(some.map(({ page, what, detail }) => ({ tenantId: tenant, alertId: page, at, actor: 'engine', what, detail })))
  const mirrors = turned.notes.some(({ kind }) => kind === 'acknowledged') ? await mirroringChannels(tx, tenant) : null
  const notes = turned.notes.filter(({ kind, to }) => kind !== 'acknowledged' || mirrors?.has(to) === true)
  for (const some of chunks(notes, 200))
    await tx.insert(alertNotes).values(
      some.flatMap((draft) => {
        const page = world.pages.get(draft.page)
        if (page === undefined) return []
        const key = createHash('sha256')
          .update(JSON.stringify([draft.page, draft.party, draft.to, draft.kind, draft.number]))
          .digest('hex')
        const rule = input.rules.find((one) => one.rule.id === page.rule)?.rule
        return [
          {
            tenantId: tenant,
            key,
            alertId: page.id,
            party: draft.party,
            channelId: draft.to,
            kind: draft.kind,
            body: compose(page, rule, draft, key, tick.at, head),
            nextAt: at,
            createdAt: at,
            aboutAt: dateOf(draft.aboutAt),
          },
        ]
      }),
    )
  for (const some of chunks(values, 200))
    await tx
      .insert(alertSamples)
      .values(
        some.map(({ series, at: of, raw }) => ({ tenantId: tenant, series: series.id, at: of, tick: tick.tick, body: { raw } })),
      )
      .onConflictDoNothing()
  await tx
    .insert(alertTicks)
    .values({ tenantId: tenant, tick: tick.tick, version: tick.version, watermark: tick.watermark, at: tick.at, held: tick.held })
}

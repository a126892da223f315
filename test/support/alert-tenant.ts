import { ALERT_PACK } from '../../model/alert-pack.ts'
import type { Routing } from '../../model/alert-routing.ts'
import type { AlertRule } from '../../model/alert-rule.ts'
import { type Event, isRefusal, readEvent } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { SlaDefinition } from '../../model/sla.ts'
import type { TenantId } from '../../model/tenant.ts'
import { createEventWriter } from '../../ingest/write.ts'
import { createChannel } from '../../platform/alert-channels.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { saveRouting } from '../../platform/alert-routing.ts'
import type { SecretBox } from '../../platform/secrets.ts'
import { saveSla } from '../../platform/slas.ts'
import type { Stores } from '../../platform/stores.ts'
import { mirrorReference } from '../../queries/reference-mirror.ts'

/** Standard Webhooks secret of the channels of tests. */
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** States the service levels, rules (those of the pack that are not named are retired), routing and webhooks of a tenant. */
export async function stateAlerts(
  { clickhouse, postgres: { db } }: Stores,
  secrets: SecretBox,
  tenant: TenantId,
  stated: {
    slas: readonly SlaDefinition[]
    rules: readonly AlertRule[]
    routing: Routing
    webhooks: Readonly<Record<string, string>>
    perMinute?: number
  },
): Promise<void> {
  for (const sla of stated.slas) await saveSla(db, { tenant, sla, actor: 'test' })
  await mirrorReference({ clickhouse: clickhouse.writer, db }, tenant, Date.now() * 1000)
  const own = new Set(stated.rules.map(({ id }) => id))
  await db.transaction(async (tx) => {
    await changeRules(tx, {
      tenant,
      actor: 'test',
      changes: [
        ...ALERT_PACK.rules.filter(({ id }) => !own.has(id)).map(({ id }) => ({ kind: 'retire' as const, id })),
        ...stated.rules.map((rule) => ({ kind: 'save' as const, rule })),
      ],
    })
    await saveRouting(tx, { tenant, routing: stated.routing, actor: 'test', expected: null })
  })
  for (const [id, url] of Object.entries(stated.webhooks))
    await createChannel(
      db,
      secrets,
      {
        tenant,
        id,
        title: id,
        kind: 'webhook',
        config: {},
        secrets: { url, secret: SECRET },
        perMinute: stated.perMinute ?? 6000,
      },
      'test',
    )
}

/** Stores CloudEvents as they arrive at an instant. Fails where one is refused. */
export async function receiveEvents(
  stores: Stores,
  tenant: TenantId,
  cloudEvents: readonly unknown[],
  at: Instant,
): Promise<void> {
  const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: () => at })
  const events = cloudEvents.map((value, fallbackSeq): Event => {
    const event = readEvent(value, { tenant, receivedAt: at, fallbackSeq })
    if (isRefusal(event)) throw new Error(`an event is refused: ${JSON.stringify(event)}`)
    return event
  })
  await writer.write(tenant, events)
  await writer.drain()
}

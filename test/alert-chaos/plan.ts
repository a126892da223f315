import { randomFrom } from '../../demo/random.ts'
import { Routing } from '../../model/alert-routing.ts'
import { AlertRule } from '../../model/alert-rule.ts'
import type { Instant } from '../../model/instant.ts'
import { SlaDefinition } from '../../model/sla.ts'

export const MINUTE: Instant = 60e6

/** Invoices whose clock breaches, and systems that fail. */
const INVOICES = 220
const SYSTEMS = 12
/** Minutes: when the last invoice comes, how long it has, and how long it is late. */
const COMES = 20
const TARGET = 30
const LATE = [12, 40] as const
const CALM = 15

/** Channels, and the one that is down for an hour. */
export const CHANNELS = ['owners', 'second', 'on-call'] as const
export const DOWN = { channel: 'second', from: 35, to: 95 } as const
/** Minutes from the start until everything has come about and was told. */
export const LASTS = COMES + TARGET + LATE[1] + 50
/** Minutes between two arrivals of what happened, and between two steps of the clock. */
export const ARRIVES_EVERY = 10
export const STEP = 10

export const SLA = SlaDefinition.parse({
  id: 'approval',
  title: 'Invoice approval',
  object_type: 'invoice',
  start: [{ activity: 'invoice.received' }],
  stop: [{ activity: 'invoice.approved' }],
  target: { kind: 'elapsed', seconds: TARGET * 60 },
})

const late = (entity: string, more: Record<string, unknown>) =>
  AlertRule.parse({
    id: `late-${entity.toLowerCase()}`,
    title: `Late invoices of ${entity}`,
    class: 'business',
    watch: { kind: 'clock', slas: ['approval'] },
    where: { entity: [entity] },
    group_by: ['entity', 'key'],
    wait_s: 0,
    interval_s: 86_400,
    repeat_s: null,
    ...more,
  })
/** One page for each invoice and system: at once, after a while, and from the incident on. */
export const RULES = [
  late('E1', {}),
  late('E2', { for_s: 120, keep_firing_s: 180 }),
  AlertRule.parse({
    id: 'incidents',
    title: 'Incidents',
    class: 'technical',
    watch: { kind: 'incident', blocked_at_least: 1 },
    group_by: ['incident'],
    wait_s: 0,
    interval_s: 86_400,
    repeat_s: null,
    inhibited: false,
  }),
]
export const ROUTING = Routing.parse({
  routes: [
    { class: 'technical', parties: ['on-call'] },
    { class: 'business', where: { entity: ['E2'] }, parties: ['second'] },
    { class: 'business', parties: ['owners'] },
  ],
  parties: CHANNELS.map((id) => ({ id, title: id, steps: [{ after_s: 0, to: [{ channel: id }] }] })),
})

export type Planned = { at: Instant; event: Record<string, unknown> }

/** What happens from an instant on, in order: invoices that are late for a while, and systems that fail for a while. */
export function plannedEvents(seed: number, start: Instant): Planned[] {
  const random = randomFrom(seed, 'alert chaos')
  const planned: Planned[] = []
  const add = (minute: number, type: string, object: string, data: Record<string, unknown> = {}): void => {
    const at = start + Math.round(minute * 60) * 1e6
    planned.push({
      at,
      event: {
        specversion: '1.0',
        id: `c${planned.length}`,
        source: '/n8n',
        type,
        time: new Date(at / 1000).toISOString(),
        data: { object, ...data },
      },
    })
  }
  for (let number = 0; number < INVOICES; number++) {
    const invoice = `invoice/INV-${number}`
    const comes = random.between(0.1, COMES)
    add(comes, 'invoice.received', invoice, {
      money: { amount: '10.00', currency: 'EUR' },
      object_attributes: { [invoice]: { entity: number % 2 === 0 ? 'E1' : 'E2' } },
    })
    add(comes + TARGET + random.between(...LATE), 'invoice.approved', invoice)
  }
  for (let number = 0; number < SYSTEMS; number++) {
    const attempt = (minute: number, order: string, isDone: boolean): void =>
      add(minute, isDone ? 'operation.succeeded' : 'operation.failed', `purchase_order/PO-${number}-${order}`, {
        system: `erp-${number}`,
        system_class: 'erp',
        step: 'erp.post',
        operation: { id: `post:${number}-${order}`, attempt: isDone ? 2 : 1 },
        outcome: isDone
          ? { status: 'ok' }
          : { status: 'failed', code: 'HTTP 503', message: 'service unavailable', retryable: true },
      })
    for (let minute = 0; minute < CALM; minute++) attempt(minute + 0.5, `calm-${minute}`, true)
    const fails = random.between(CALM + 1, 45)
    const back = fails + random.between(...LATE)
    for (let order = 0; order < 5; order++) {
      attempt(fails + order * 0.2, String(order), false)
      attempt(back + order * 0.2, String(order), true)
    }
  }
  return planned.toSorted((a, b) => a.at - b.at)
}

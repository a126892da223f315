import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { Matcher, Routing } from '../../model/alert-routing.ts'
import { AlertRule } from '../../model/alert-rule.ts'
import { type Instant, instantFromIso, instantToIso } from '../../model/instant.ts'
import { isReferenceKind } from '../../model/reference.ts'
import { SlaDefinition } from '../../model/sla.ts'
import type { StepName } from '../../queries/derive/run.ts'

const At = z.string().transform((text, context): Instant => {
  const at = instantFromIso(text)
  if (at === null) context.addIssue({ code: 'custom', message: `"${text}" is no instant` })
  return at ?? 0
})
const Range = z.strictObject({ from: At, to: At, every_s: z.int().min(1) })
const STEPS = ['rates', 'timelines', 'controls', 'kpis', 'incidents'] as const satisfies StepName[]

const Silence = z.strictObject({
  kind: z.enum(['silence', 'maintenance']).default('silence'),
  matcher: Matcher,
  from: At,
  to: At,
})

/** A channel with a receiver of its own, and what that answers one time after the other; the last answer holds. */
const ChannelSetup = z.strictObject({
  id: z.string(),
  kind: z.enum(['webhook', 'slack', 'teams', 'pagerduty', 'opsgenie', 'alertmanager', 'email']),
  answers: z.array(z.strictObject({ status: z.int(), retry_after_s: z.int().optional() })).default([{ status: 202 }]),
  per_minute: z.int().default(6000),
})
export type ChannelSetup = z.output<typeof ChannelSetup>

/** What people do at an instant, before the engine looks; an alert is named by its rule, the latest of them. */
const Act = z.strictObject({
  at: At,
  by: z.string().optional(),
  why: z.string().optional(),
  acknowledge: z.strictObject({ rule: z.string(), party: z.string().optional() }).optional(),
  hand_over: z.strictObject({ rule: z.string(), party: z.string(), to: z.string() }).optional(),
  close: z.strictObject({ rule: z.string() }).optional(),
  judge: z.strictObject({ rule: z.string(), verdict: z.enum(['useful', 'noise']) }).optional(),
  decide: z.strictObject({ document: z.string(), state: z.enum(['open', 'accepted', 'remediated']) }).optional(),
  save: z.array(AlertRule).optional(),
  retire: z.string().optional(),
  /** Rules as code, as YAML. */
  apply: z.strictObject({ code: z.string(), prune: z.boolean().default(false), dry_run: z.boolean().default(false) }).optional(),
  routing: Routing.optional(),
  silence: Silence.optional(),
  /** Ends every silence before its time. */
  end_silences: z.literal(true).optional(),
  /** Records that cannot be read come by a way in. */
  letters: z.strictObject({ feed: z.string(), code: z.string(), n: z.int() }).optional(),
  /** All letters of a way in are given up. */
  purge: z.string().optional(),
  /** The latest message that a channel gave up is sent again by hand. */
  send_again: z.string().optional(),
})
export type Act = z.output<typeof Act>

/** Events that are alike: `{i}` counts from 1, `time` moves on; those that came later than they happened state when. */
const Repeat = z.strictObject({
  n: z.int().min(1),
  from: At,
  every_s: z.number().min(0),
  received: At.optional(),
  received_after_s: z.int().optional(),
  first: z.int().default(1),
  event: z.record(z.string(), z.unknown()),
})

/** What is told of a case beside its transitions and messages: each is a file in `alert-tells/`. */
const TELLS = ['backtests', 'deliveries', 'received', 'applied', 'code', 'drift', 'quality', 'audit'] as const
export type Tell = (typeof TELLS)[number]

/** `rule.yaml` of a case: what holds, and when the engine looks. */
const Setup = z.strictObject({
  /** What a user would notice. */
  shows: z.string(),
  /** Rows of the tables in the specification of alerts that it covers. */
  covers: z.array(z.string()).default([]),
  /** Instants at which the engine looks, or from, to and every so many seconds. */
  looks: z.array(z.union([At, Range])).min(1),
  /** What is computed of the events. */
  derives: z.array(z.enum(STEPS)).default(['rates', 'timelines']),
  rules: z.array(AlertRule).default([]),
  /** Rules that nobody saved yet: a backtest tells of them beside those in force. */
  drafts: z.array(AlertRule).default([]),
  /** Whether the rules that ship hold; they are retired where not. */
  pack: z.boolean().default(false),
  /** Rules of the provider that serves the tenant. */
  provider: z.array(AlertRule).default([]),
  brand: z.strictObject({ name: z.string(), color: z.string(), logo_text: z.string() }).optional(),
  channels: z.array(ChannelSetup).default([]),
  slas: z.array(SlaDefinition).default([]),
  reference: z
    .array(
      z.strictObject({
        kind: z.string().refine(isReferenceKind),
        key: z.string(),
        valid_from: z.string(),
        valid_to: z.string().optional(),
        body: z.record(z.string(), z.unknown()),
      }),
    )
    .default([]),
  routing: Routing.optional(),
  silences: z.array(Silence).default([]),
  /** Instants after which another process looks on, as one would after a restart. */
  restarts: z.array(At).default([]),
  events: z.array(Repeat).default([]),
  acts: z.array(Act).default([]),
  tells: z.array(z.enum(TELLS)).default([]),
})
export type Setup = Omit<z.output<typeof Setup>, 'looks' | 'events'> & { looks: readonly Instant[] }

/**
 * What happened: `rule key from>to at reason severity` of each transition, `kind channel at title` of each message, and a line or a text of what
 * else is to be told.
 */
const Told = z.union([z.array(z.string()), z.string()])
export type Told = z.output<typeof Told>
const Happened = z.strictObject({
  transitions: z.array(z.string()),
  notes: z.array(z.string()),
  ...(Object.fromEntries(TELLS.map((tell) => [tell, Told.optional()])) as Record<Tell, z.ZodOptional<typeof Told>>),
})
export type Happened = z.output<typeof Happened>

/** An event and when it came. */
export type Coming = { at: Instant; event: Record<string, unknown> }
export type AlertCase = { setup: Setup; events: readonly Coming[]; expected: Happened }

/** Reads a folder of a case. A line of `events.jsonl` is a CloudEvent; `received` says when it came, where that is later than its time. */
export function readCase(folder: string): AlertCase {
  const text = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')
  const { looks, events: repeats, ...setup } = Setup.parse(parse(text('rule.yaml')))
  const lines = text('events.jsonl')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Coming => {
      const { received, ...event } = JSON.parse(line) as Record<string, unknown>
      return { at: instantFromIso(String(received ?? event['time'])) ?? 0, event }
    })
  return {
    setup: { ...setup, looks: looks.flatMap((one) => (typeof one === 'number' ? [one] : everyOf(one))) },
    events: [...lines, ...repeats.flatMap(repeated)]
      .map(({ at, event }, number) => ({ at, event: { specversion: '1.0', source: '/erp', id: `e-${number}`, ...event } }))
      .toSorted((a, b) => a.at - b.at),
    expected: Happened.parse(parse(text('expected.yaml'))),
  }
}

function repeated({ n, from, every_s, received, received_after_s, first, event }: z.output<typeof Repeat>): Coming[] {
  return Array.from({ length: n }, (_, number) => {
    const time = from + number * every_s * 1e6
    const filled = JSON.parse(JSON.stringify(event).replaceAll('{i}', String(number + first))) as Record<string, unknown>
    return { at: received ?? time + (received_after_s ?? 0) * 1e6, event: { ...filled, time: instantToIso(time) } }
  })
}

function everyOf({ from, to, every_s }: z.output<typeof Range>): Instant[] {
  return Array.from({ length: Math.floor((to - from) / (every_s * 1e6)) + 1 }, (_, number) => from + number * every_s * 1e6)
}

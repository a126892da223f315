import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { type Replayed, replay } from '../../alerts/replay.ts'
import type { Shift } from '../../demo/calendar.ts'
import type { Attempt } from '../../demo/outages.ts'
import { storiesAround } from '../../demo/stories.ts'
import type { TruthDocument } from '../../demo/truth.ts'
import { ALERT_PACK } from '../../model/alert-pack.ts'
import type { AlertRule } from '../../model/alert-rule.ts'
import type { Stores } from '../../platform/stores.ts'
import { judgeBurn, judgeDisruptions, judgeKpi } from './alert-truth-values.ts'
import { isEvident } from './evident.ts'

/** What is true of a company, with the tenant that holds it; instants in ms. */
export type Planted = {
  stores: Stores
  tenant: Parameters<typeof replay>[1]
  company: string
  truth: readonly TruthDocument[]
  attempts: readonly Attempt[]
  /** Documents that miss an event. */
  touched: ReadonlySet<string>
  /** Working hours of the biggest site. */
  shift: Shift
  /** Sources that sent nothing. */
  silences: readonly { what: string; from: number; to: number }[]
  /** Ways in whose records waited, unreadable. */
  letters: readonly { what: string; from: number; to: number }[]
  from: number
  now: number
}

/** How a rule did: of its pages those that say what was planted, and what was planted and not told. */
type Judged = { pages: number; right: number; planted: number; missed: string[]; wrong: string[] }

type Fired = Replayed['transitions'][number]

const WEEK = 7 * 86_400_000
const GRAVE = new Set(['high', 'critical'])

const Signal = z.object({
  kind: z.string(),
  key: z.string(),
  name: z.string(),
  document: z.string(),
  severity: z.string(),
  begun: z.number(),
  ended: z.number().nullable(),
})
type Signal = z.output<typeof Signal>

/**
 * Replays the rules of the pack, and judges their pages by what was planted: a page is right where all that it tells of was. Returns the
 * judgement by rule.
 */
export async function judgePack(t: TestContext, planted: Planted): Promise<Map<string, Judged>> {
  const { stores, tenant, from, now } = planted
  const weeks = (now - from) / WEEK
  const signals = new Map((await signalsOf(planted)).map((one) => [`${one.kind} ${one.key}`, one]))
  const judged = new Map<string, Judged>()
  for (const rule of ALERT_PACK.rules) {
    const judge = JUDGES[rule.watch.kind]
    if (judge === undefined) throw new Error(`nobody can judge rules of the kind "${rule.watch.kind}"`)
    const found = await replay(stores, tenant, {
      rule,
      from: from * 1000,
      to: now * 1000,
      mode: 'hindsight',
    })
    assert.equal(found.truncated, false)
    const firings = found.transitions.filter(({ transition }) => transition.to === 'firing')
    const { isPlanted, due } = judge(planted, rule, signals)
    const byPage = Map.groupBy(firings, ({ page }) => page ?? '')
    const wrong = found.pages.flatMap(({ id, title }) =>
      (byPage.get(id) ?? []).filter((one) => !isPlanted(one)).length > 0 ? [title] : [],
    )
    const told = Map.groupBy(firedOf(found.transitions), ({ name }) => name)
    const isTold = ({ names, during }: Due) =>
      names.some((name) =>
        (told.get(name) ?? []).some(({ from, to }) => during === undefined || (from <= during.to && to >= during.from)),
      )
    const missed = due.filter((one) => !isTold(one)).map(({ what }) => what)
    const one = { pages: found.pages.length, right: found.pages.length - wrong.length, planted: due.length, missed, wrong }
    judged.set(rule.id, one)
    t.diagnostic(
      `${rule.id.padEnd(24)} ${(one.pages / weeks).toFixed(1).padStart(5)} pages a week  precision ${one.pages === 0 ? '    –' : (one.right / one.pages).toFixed(3)}` +
        `  planted ${String(one.planted).padStart(4)}  missed ${missed.length}`,
    )
    for (const text of [
      ...wrong.slice(0, 5).map((title) => `wrong: ${title}`),
      ...missed.slice(0, 5).map((what) => `missed: ${what}`),
    ])
      t.diagnostic(`  ${text}`)
  }
  return judged
}

/** Stretches in which keys fired, ms, by the key and whether it is of a grave step. */
function firedOf(transitions: readonly Fired[]): { name: string; from: number; to: number }[] {
  return [...Map.groupBy(transitions, ({ key }) => key)].flatMap(([key, own]) =>
    own.flatMap(({ transition }, index) => {
      if (transition.to !== 'firing') return []
      const end = own.slice(index + 1).find((one) => one.transition.to === 'resolved' || one.transition.to === 'inactive')
      const to = (end?.transition.at ?? Number.POSITIVE_INFINITY) / 1000
      return [{ name: `${GRAVE.has(transition.severity) ? 'grave' : 'mild'} ${key}`, from: transition.at / 1000, to }]
    }),
  )
}

/** What must be told, by the names of firings of which one does; where it lasts, by one that fires meanwhile. */
type Due = { what: string; names: string[]; during?: { from: number; to: number } }

export type Judge = (
  planted: Planted,
  rule: AlertRule,
  signals: ReadonlyMap<string, Signal>,
) => {
  isPlanted(fired: Fired): boolean
  due: Due[]
}

const JUDGES: Partial<Record<AlertRule['watch']['kind'], Judge>> = {
  clock({ truth, touched, from, now }, { watch }, signals) {
    const slas = watch.kind === 'clock' ? watch.slas : []
    const nameOfClock = (sla: string, object: string, startedAt: number) => `${sla} ${object} ${startedAt}`
    const clocks = new Map(
      truth.flatMap((document) =>
        document.clocks
          .filter(({ sla }) => slas.includes(sla))
          .map((clock) => [nameOfClock(clock.sla, clock.object, Date.parse(clock.started_at)), { ...clock, document }] as const),
      ),
    )
    const known = [...signals.values()].filter(({ kind }) => kind === 'clock')
    const keys = new Map(known.map((one) => [nameOfClock(one.name, one.document, one.begun), one.key]))
    const endOf = (ended: string | null) => (ended === null ? Number.POSITIVE_INFINITY : Date.parse(ended))
    return {
      isPlanted({ key, transition }) {
        const signal = signals.get(`clock ${key}`)
        const clock = signal === undefined ? undefined : clocks.get(nameOfClock(signal.name, signal.document, signal.begun))
        if (clock === undefined) return false
        const at = transition.at / 1000
        return endOf(clock.ended_at) > at && (!GRAVE.has(transition.severity) || at >= Date.parse(clock.deadline_at))
      },
      due: [...clocks].flatMap(([name, { deadline_at, ended_at, object, document }]) => {
        const deadline = Date.parse(deadline_at)
        const isBreached = deadline > from && deadline < now - 60_000 && endOf(ended_at) > deadline
        if (!isBreached || touched.has(object) || touched.has(`${document.type}/${document.id}`)) return []
        return [{ what: `${name}, due ${deadline_at}`, names: [`grave ${keys.get(name) ?? ''}`] }]
      }),
    }
  },
  control({ truth, touched, from, now }, { watch }, signals) {
    const severities: readonly string[] = watch.kind === 'control' ? watch.severities : []
    const planted = truth.flatMap((document) =>
      document.violations.map((one) => ({ ...one, of: document, document: `${document.type}/${document.id}` })),
    )
    const nameOfViolation = (control: string, document: string) => `${control} ${document}`
    const names = new Set(planted.map(({ control_id, document }) => nameOfViolation(control_id, document)))
    for (const { reported, document } of planted) if (reported) names.add(nameOfViolation('reported-by-workflow', document))
    const known = [...signals.values()].filter(({ kind }) => kind === 'violation')
    const keys = Map.groupBy(known, ({ name, document }) => nameOfViolation(name, document))
    return {
      isPlanted({ key }) {
        const signal = signals.get(`violation ${key}`)
        return signal !== undefined && names.has(nameOfViolation(signal.name, signal.document))
      },
      due: planted.flatMap((one) => {
        const { control_id, document, evident_at, at } = one
        // What its control does not find under noise is counted where controls are judged.
        const own = (keys.get(nameOfViolation(control_id, document)) ?? []).filter(({ severity }) =>
          severities.includes(severity),
        )
        if (own.length === 0) return []
        const isInWindow = Date.parse(at) > from && Date.parse(evident_at) < now - 60_000
        if (!isInWindow || !isEvident(one.of, one, now) || touched.has(document)) return []
        return [{ what: `${control_id} ${document} at ${at}`, names: own.map(({ key }) => `grave ${key}`) }]
      }),
    }
  },
  incident({ company, truth, attempts, now }, _rule, signals) {
    const failed = attempts.filter(({ cause, ok, at }) => cause !== null && !ok && at <= now)
    const known = [...signals.values()].filter(({ kind }) => kind === 'incident')
    const hits = new Set(truth.filter(({ type }) => type !== 'connector').flatMap(({ incidents }) => incidents))
    return {
      isPlanted({ key }) {
        const signal = signals.get(`incident ${key}`)
        return (
          signal !== undefined &&
          failed.some(({ system, at }) => system === signal.name && at >= signal.begun && at <= (signal.ended ?? now))
        )
      },
      due: storiesAround(now).flatMap((story) => {
        const { failure } = story
        if (!story.tenants.includes(company) || !hits.has(story.id) || failure === undefined || story.to > now) return []
        const own = known.filter(
          ({ name, begun, ended }) => name === failure.system && begun < story.to && (ended ?? now) >= story.from,
        )
        return [{ what: story.id, names: own.map(({ key }) => `grave ${key}`) }]
      }),
    }
  },
  kpi: judgeKpi,
  burn: judgeBurn,
  source: judgeDisruptions(({ silences }) => silences),
  dead_letters: judgeDisruptions(({ letters }) => letters),
}

async function signalsOf({ stores, tenant }: Planted): Promise<Signal[]> {
  const answer = await stores.clickhouse.writer.query({
    query: `SELECT kind, key, name, if(document_type = '', '', concat(document_type, '/', document_id)) AS document, severity,
        toUnixTimestamp64Milli(begun_at) AS begun, if(ended_at IS NULL, NULL, toUnixTimestamp64Milli(assumeNotNull(ended_at))) AS ended
      FROM sightline.alert_signals WHERE tenant_id = {tenant:String} ORDER BY version DESC LIMIT 1 BY kind, key`,
    query_params: { tenant },
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  return z.array(Signal).parse(await answer.json())
}

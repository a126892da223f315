import { z } from 'zod'
import { businessTimeWithin } from '../model/calendar.ts'
import { type Instant, instantFromIso, instantToClickHouse, instantToIso } from '../model/instant.ts'
import { kaplanMeier, survivalAt } from '../model/survival.ts'
import type { Dimension } from '../model/vocabulary.ts'
import type { TenantCalendars } from './derive/tenant-calendars.ts'
import type { Query, TenantReader } from './run.ts'
import { livesOf, MINIMUM_N } from './sla-lives.ts'

const instant = z.string().transform((text) => instantFromIso(text) ?? 0)
const count = z.number()

const ATTAINMENT = {
  name: 'read/sla-attainment',
  params: z.object({
    sla_id: z.string(),
    before: z.string(),
    from: z.string(),
    to: z.string(),
    now: z.string(),
    bucket: z.string(),
    group_by: z.string(),
  }),
  row: z.object({
    cut: z.enum(['whole', 'bucket', 'group']),
    sla_id: z.string(),
    earlier: z.number(),
    bucket: instant,
    group: z.string(),
    met: count,
    breached: count,
    breached_open: count,
    cancelled: count,
    used_share: z.number().nullable(),
  }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const OPEN = {
  name: 'read/sla-open',
  params: z.object({ sla_id: z.string(), now: z.string() }),
  row: z.object({ sla_id: z.string(), running: count, paused: count, breached_open: count }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const Row = z.object({
  sla_id: z.string(),
  sla_version: count,
  document_type: z.string(),
  document_id: z.string(),
  subject_id: z.string(),
  subject: z.string(),
  epoch: count,
  started_at: instant,
  ended_at: instant.nullable(),
  deadline_at: instant.nullable(),
  warnings: z.array(instant.nullable()),
  escalations: z.array(instant.nullable()),
  because: z.array(z.string()),
  because_systems: z.array(z.string()),
  used_us: count,
  running_since: instant.nullable(),
  target_us: z.number().nullable(),
  pause_reasons: z.array(z.string()),
  pause_us: z.array(count),
  calendar: z.string(),
  calendar_version: count,
  amount_text: z.string().nullable(),
  currency: z.string(),
  entity: z.string(),
  supplier: z.string(),
  approver: z.string(),
  system: z.string(),
  version: count,
  now_state: z.enum(['running', 'paused', 'met', 'breached', 'cancelled']),
})
type Row = z.output<typeof Row>

const CLOCKS = {
  name: 'read/sla-clocks',
  params: z.object({
    sla_id: z.string(),
    states: z.array(z.string()),
    open: z.boolean(),
    clocks: z.enum(['open_clocks', 'sla_clocks']),
    from: z.string(),
    to: z.string(),
    now: z.string(),
    entity: z.string(),
    supplier: z.string(),
    approver: z.string(),
    system: z.string(),
    because: z.string(),
    because_system: z.string(),
    limit: z.int(),
    offset: z.int(),
  }),
  row: Row,
} satisfies Query<z.ZodRawShape, z.ZodType>

const DOCUMENT = {
  name: 'read/sla-document',
  params: z.object({ type: z.string(), id: z.string(), now: z.string() }),
  row: Row.extend({ absent: z.boolean() }),
} satisfies Query<z.ZodRawShape, z.ZodType>

const BECAUSE = {
  name: 'read/sla-because',
  params: z.object({ sla_id: z.string(), from: z.string(), to: z.string() }),
  row: z.object({ kind: z.enum(['causes', 'systems']), joined: z.string(), breaches: count }),
} satisfies Query<z.ZodRawShape, z.ZodType>

type Window = { from: Instant; to: Instant; now: Instant }

/** Met ÷ (met + breached); null where nothing ended. Cancelled clocks count in neither. */
export function attainmentOf(row: { met: number; breached: number }): number | null {
  const ended = row.met + row.breached
  return ended === 0 ? null : row.met / ended
}

/**
 * Attainment of service levels in a window and in the one of the same length before, an open clock past its deadline counting as breached at
 * its deadline. Of one service level also its `trend` by bucket and its `groups` in the window; both are empty without `slaId`.
 */
export async function slaAttainment(
  reader: TenantReader,
  scope: Window & { slaId?: string; bucket?: 'all' | 'day' | 'week' | 'month'; groupBy?: Dimension },
) {
  const { slaId = '', bucket = 'all', groupBy = 'entity', from, to, now } = scope
  const before = 2 * from - to
  const rows = await reader.rows(ATTAINMENT, {
    sla_id: slaId,
    before: instantToClickHouse(before),
    ...texts({ from, to, now }),
    bucket,
    group_by: groupBy,
  })
  const of = (wanted: string, isEarlier = false) =>
    rows
      .filter(({ cut, earlier }) => cut === wanted && (earlier === 1) === isEarlier)
      .map(({ cut, earlier: _window, ...row }) => ({
        ...row,
        bucket: instantToIso(cut === 'bucket' && bucket !== 'all' ? row.bucket : isEarlier ? before : from),
        attainment: attainmentOf(row),
      }))
  return { whole: of('whole'), before: of('whole', true), trend: of('bucket'), groups: of('group') }
}

/**
 * Breaches that ended in a window by what they are due to: the sets of causes, and of systems that failed, without which each would have been
 * met. One breach may stand in several sets; `unexplained` are those that no set explains.
 */
export async function slaBecause(reader: TenantReader, slaId: string, { from, to }: Window) {
  const bounds = { from: instantToClickHouse(from), to: instantToClickHouse(to) }
  const rows = await reader.rows(BECAUSE, { sla_id: slaId, ...bounds })
  const of = (kind: 'causes' | 'systems') =>
    rows
      .filter((row) => row.kind === kind && row.joined !== '')
      .map(({ joined, breaches }) => ({ because: joined.split('+'), breaches }))
  const unexplained = rows.find(({ kind, joined }) => kind === 'causes' && joined === '')?.breaches ?? 0
  return { causes: of('causes'), systems: of('systems'), unexplained }
}

/** Open clocks by service level: running, paused, and those past their deadline. */
export function slaOpen(reader: TenantReader, now: Instant) {
  return reader.rows(OPEN, { sla_id: '', now: instantToClickHouse(now) })
}

/** What is asked of clocks: those that are open, or those that ended in a window. */
export type ClockScope = Window & {
  slaId?: string
  states?: readonly string[]
  open: boolean
  filters?: Partial<Record<'entity' | 'supplier' | 'approver' | 'system' | 'because' | 'because_system', string>>
  limit: number
  offset: number
}

/**
 * Clocks with how likely an open one is to be breached: P(T > target | T > used so far) of the finished clocks of its service level, by Kaplan
 * and Meier on the target's own time. Null where fewer than 20 lasted as long, and where no target is stated.
 */
export async function slaClocks(reader: TenantReader, calendars: TenantCalendars, scope: ClockScope) {
  const { filters = {}, states = [], slaId = '', open, limit, offset, ...window } = scope
  const rows = await reader.rows(CLOCKS, {
    sla_id: slaId,
    states: [...states],
    open,
    clocks: open ? 'open_clocks' : 'sla_clocks',
    ...texts(window),
    entity: filters.entity ?? '',
    supplier: filters.supplier ?? '',
    approver: filters.approver ?? '',
    system: filters.system ?? '',
    because: filters.because ?? '',
    because_system: filters.because_system ?? '',
    limit,
    offset,
  })
  const running = new Set(rows.filter(({ now_state }) => now_state === 'running').map((row) => row.sla_id))
  const lives = await livesOf(reader, [...running], scope.now)
  const curves = new Map([...lives].map(([id, of]) => [id, kaplanMeier(of, MINIMUM_N)]))
  return rows.map((row) => {
    const used = usedAt(row, calendars, scope.now)
    const curve = curves.get(row.sla_id) ?? null
    const late =
      curve === null || row.target_us === null || row.now_state !== 'running'
        ? null
        : survivalAt(curve, row.target_us, Math.min(used, row.target_us), MINIMUM_N)
    return { ...clockView(row, used), breach_probability: row.now_state === 'breached' ? 1 : late }
  })
}

/** The clocks of a document, each with every state it ever had, the newest first. */
export async function documentClocks(reader: TenantReader, calendars: TenantCalendars, type: string, id: string, now: Instant) {
  const rows = await reader.rows(DOCUMENT, { type, id, now: instantToClickHouse(now) })
  return [...Map.groupBy(rows, (row) => row.subject_id).values()].flatMap((states) => {
    const [newest] = states
    if (newest === undefined || newest.absent) return []
    return [
      {
        ...clockView(newest, usedAt(newest, calendars, now)),
        history: changesOf(states).map((row) => ({
          known_since: instantToIso(row.version),
          state: row.absent ? ('retracted' as const) : row.now_state,
          started_at: instantToIso(row.started_at),
          ended_at: isoOf(row.ended_at),
          deadline_at: isoOf(row.deadline_at),
        })),
      },
    ]
  })
}

/**
 * How well the estimate tells breaches: clocks that ended are cut in time, the earlier seven tenths tell, the later three are told. For each
 * share of the target that was used up: the mean breach probability that was told, and how many were breached of those that lasted so long.
 */
export async function slaCalibration(reader: TenantReader, slaId: string, now: Instant) {
  const lives = (await livesOf(reader, [slaId], now)).get(slaId) ?? []
  const cut = Math.floor(lives.length * 0.7)
  const curve = kaplanMeier(lives.slice(0, cut), MINIMUM_N)
  if (curve === null) return []
  return [0, 0.25, 0.5, 0.75, 0.9].flatMap((share) => {
    const lasted = lives.slice(cut).flatMap(({ time, target, censored }) => {
      if (censored || target <= 0 || time <= target * share) return []
      const told = survivalAt(curve, target, target * share, MINIMUM_N)
      return told === null ? [] : [{ told, breached: time > target ? 1 : 0 }]
    })
    if (lasted.length < MINIMUM_N) return []
    const mean = (of: 'told' | 'breached') => lasted.reduce((sum, one) => sum + one[of], 0) / lasted.length
    return [{ used_share: share, told: mean('told'), breached: mean('breached'), n: lasted.length }]
  })
}

/** States without those that say what the one before them said: two processes may have computed one change. */
function changesOf<T extends Row & { absent: boolean }>(newestFirst: readonly T[]): T[] {
  const said = (row: T) => [row.absent, row.now_state, row.started_at, row.ended_at, row.deadline_at].join()
  return newestFirst.filter((row, at) => {
    const before = newestFirst[at + 1]
    return before === undefined || said(before) !== said(row)
  })
}

/** The target's own time that a clock has used up at an instant, µs. */
function usedAt(row: Row, calendars: TenantCalendars, now: Instant): number {
  if (row.running_since === null || row.running_since >= now) return row.used_us
  const calendar = row.calendar === '' ? null : calendars.named(row.calendar)
  return row.used_us + (calendar === null ? now - row.running_since : businessTimeWithin(calendar, row.running_since, now))
}

function clockView(row: Row, used: number) {
  return {
    sla: row.sla_id,
    sla_version: row.sla_version,
    type: row.document_type,
    id: row.document_id,
    subject: row.subject,
    epoch: row.epoch,
    state: row.now_state,
    started_at: instantToIso(row.started_at),
    ended_at: isoOf(row.ended_at),
    deadline_at: isoOf(row.deadline_at),
    warnings: row.warnings.map(isoOf),
    escalations: row.escalations.map(isoOf),
    because: row.because.map((set) => set.split('+')),
    because_systems: row.because_systems.map((set) => set.split('+')),
    used_s: used / 1e6,
    target_s: row.target_us === null ? null : row.target_us / 1e6,
    pauses: row.pause_reasons.map((reason, at) => ({ reason, held_s: (row.pause_us[at] ?? 0) / 1e6 })),
    calendar: row.calendar,
    calendar_since: row.calendar_version === 0 ? null : instantToIso(row.calendar_version * 1e6),
    amount: row.amount_text,
    currency: row.currency,
    entity: row.entity,
    supplier: row.supplier,
    approver: row.approver,
    system: row.system,
    known_since: instantToIso(row.version),
  }
}

function texts({ from, to, now }: Window) {
  return { from: instantToClickHouse(from), to: instantToClickHouse(to), now: instantToClickHouse(now) }
}

function isoOf(at: Instant | null): string | null {
  return at === null ? null : instantToIso(at)
}

import { createHash } from 'node:crypto'
import { instantToClickHouse, type Instant } from '../../model/instant.ts'
import type { SlaDefinition } from '../../model/sla.ts'
import { type BreachBecause, breachBecause } from '../../model/sla-breach.ts'
import { type Clock, clocksOf, ownTime } from '../../model/sla-clock.ts'
import type { Timeline } from '../../model/timeline.ts'
import { ATTRIBUTE_DIMENSIONS } from '../../model/vocabulary.ts'
import { listSlas, type SlaInForce, slasInForce, type StoredSla } from '../../platform/slas.ts'
import { delaysOf } from './delay-answer.ts'
import { tenantCalendars, type TenantCalendars } from './tenant-calendars.ts'
import type { AnswerRow, TimelineAnswer } from './timeline-step.ts'

/** Version of the rules of clocks: when it changes, everything is computed anew. */
const RULES = '2'

/** Clocks of service levels: a change of a document replays its clocks only. */
export const clockAnswer: TimelineAnswer = {
  name: 'clocks',
  history: 'sla_clock_history',
  publish: ['derive/clocks-publish'],
  async definitions({ db }, tenant) {
    const hash = createHash('sha256').update(RULES)
    for (const one of await listSlas(db, tenant)) hash.update(JSON.stringify([one.sla.id, one.version, one.state]))
    return hash.digest('hex')
  },
  async prepare(run) {
    // The clocks of one that was retired have to go.
    if (!(await listSlas(run.db, run.tenant)).some(({ sla }) => run.documents.has(sla.object_type))) return null
    const byType = Map.groupBy(await slasInForce(run.db, run.tenant), ({ sla }) => sla.object_type)
    const [calendars, delayOf] = [await tenantCalendars(run.db, run.tenant, run.now), await delaysOf(run)]
    const clocksBy = (version: SlaInForce, timeline: Timeline): AnswerRow[] => {
      const name = calendarNameOf(version.sla, timeline, calendars)
      const calendar = calendars.named(name)
      if (calendar === null) return []
      const own = ownTime(version.sla, calendar)
      return clocksOf(version.sla, timeline, calendar)
        .filter(({ started_at }) => started_at >= version.from && started_at < version.to)
        .map((clock) => {
          const segments = clock.state === 'breached' ? (delayOf(timeline)?.segments ?? []) : []
          const since = calendars.version(name, clock.ended_at ?? clock.deadline_at ?? clock.started_at)
          return rowOf(version, clock, timeline, { calendar: name, since, because: breachBecause(clock, segments, own) })
        })
    }
    return (timeline) => {
      const rows = new Map<string, AnswerRow>()
      // The newest version first: of two that count one epoch the earlier began it.
      for (const version of byType.get(timeline.document.type) ?? [])
        for (const row of clocksBy(version, timeline)) rows.set(row.subject_id, row)
      return [...rows.values()]
    }
  },
}

/**
 * The calendar of a clock, the first that is known: that of the definition; of the document, by its attribute `calendar` or the name of its
 * entity; of whom it waited on last; of the tenant.
 */
function calendarNameOf(sla: SlaDefinition, timeline: Timeline, calendars: TenantCalendars): string {
  const owner = timeline.events.findLast((event) => event.waits_kind === 'person')?.waits_id ?? ''
  const entity = timeline.events.findLast((event) => event.dimensions['entity'] !== undefined)?.dimensions['entity']
  const wanted = [sla.calendar, timeline.attributes['calendar'], entity, calendars.ofPerson(owner)]
  return wanted.find((name) => name != null && calendars.named(name) !== null) ?? calendars.fallback
}

function rowOf(
  { sla, version }: StoredSla,
  clock: Clock,
  timeline: Timeline,
  { calendar, since, because }: { calendar: string; since: number; because: BreachBecause },
): AnswerRow {
  const at = (instant: Instant | null) => (instant === null ? null : instantToClickHouse(instant))
  const reasons = [...new Set(clock.pauses.map(({ reason }) => reason))]
  const isElapsed = sla.target.kind === 'elapsed'
  const money = timeline.events.findLast((event) => event.amount !== null)
  return {
    subject_id: `${sla.id}/${clock.subject}/${clock.epoch}`,
    cohort_at: clock.ended_at ?? clock.deadline_at ?? clock.started_at,
    values: {
      sla_id: sla.id,
      sla_version: version,
      subject: clock.subject,
      epoch: clock.epoch,
      state: clock.state,
      started_at: at(clock.started_at),
      ended_at: at(clock.ended_at),
      deadline_at: at(clock.deadline_at),
      warnings: clock.warnings.map(at),
      escalations: clock.escalations.map(at),
      because: because.causes.map((set) => set.join('+')),
      because_systems: because.systems.map((set) => set.join('+')),
      used_us: Math.round(clock.used_us),
      running_since: at(clock.running_since),
      target_us: clock.target_us,
      pause_reasons: reasons,
      pause_us: reasons.map((reason) =>
        clock.pauses.filter((pause) => pause.reason === reason).reduce((sum, pause) => sum + Math.round(pause.held_us), 0),
      ),
      calendar: isElapsed ? '' : calendar,
      calendar_version: isElapsed ? 0 : since,
      amount: money?.amount ?? null,
      currency: money?.currency ?? '',
      system: timeline.events.findLast((event) => event.system !== '')?.system ?? '',
      ...Object.fromEntries(
        ATTRIBUTE_DIMENSIONS.map((name) => [
          name,
          timeline.events.findLast((event) => event.dimensions[name] !== undefined)?.dimensions[name] ?? '',
        ]),
      ),
    },
  }
}

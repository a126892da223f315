import { BURN_WINDOWS, type WatchKind } from '../../../../model/alert-rule.ts'
import type { Draft } from './draft.ts'

/** What a rule can look at: its name, what that means, and what a new one says. */
export const WATCH_KINDS: Readonly<Record<WatchKind, { name: string; meaning: string; fresh: Draft }>> = {
  clock: {
    name: 'Service level clocks',
    meaning: 'A clock reaches a share of its time, is breached, or is long overdue; resolved when it stops.',
    fresh: { kind: 'clock', slas: [], steps: [{ at: 'breach', severity: 'high' }] },
  },
  risk: {
    name: 'Clocks at risk',
    meaning:
      'A clock that runs will probably be breached, as those tell that ended before; resolved when it ends or looks better.',
    fresh: { kind: 'risk', slas: [], probability: 0.8, every_s: 300 },
  },
  control: {
    name: 'Control violations',
    meaning: 'A control is violated; resolved when the violation is accepted, remediated or retracted.',
    fresh: { kind: 'control', controls: [], severities: [] },
  },
  incident: {
    name: 'Technical incidents',
    meaning: 'A system fails more often than by chance; resolved by successes of what had failed, never by silence.',
    fresh: { kind: 'incident', systems: [], families: [], blocked_at_least: 0 },
  },
  kpi: {
    name: 'A KPI',
    meaning: 'A figure passes a threshold, changes against the window before, or leaves the band of earlier weeks.',
    fresh: {
      kind: 'kpi',
      kpi: '',
      window_s: 604_800,
      every_s: 900,
      by: null,
      when: { kind: 'threshold', above: 0.1, below: null, confident: true },
    },
  },
  burn: {
    name: 'Error budget of a service level',
    meaning: 'The budget burns too fast over a long and a short window, both at once.',
    fresh: { kind: 'burn', sla: '', objective: null, calendar: null, windows: BURN_WINDOWS, every_s: 60 },
  },
  source: {
    name: 'Sources that fall silent',
    meaning: 'A source is past what was learned or declared of its pace.',
    fresh: { kind: 'source', sources: [], state: 'silent' },
  },
  arrivals: {
    name: 'Arrivals by a time of day',
    meaning: 'Fewer events than expected have come by a time of each working day.',
    fresh: { kind: 'arrivals', source: '', activity: null, by: '10:00', calendar: null, at_least: 'learned' },
  },
  dead_letters: {
    name: 'Dead letters',
    meaning: 'Records that cannot be read wait for somebody.',
    fresh: { kind: 'dead_letters', sources: [], codes: [], more_than: 0, every_s: 60 },
  },
}

import type { Pack } from './alert-inherit.ts'
import { AlertRule } from './alert-rule.ts'

const HOUR_S = 3600
const DAY_S = 24 * HOUR_S

/** Warned at three quarters of the time, told at the breach, and graver once it is three business days over. */
const DEADLINE_STEPS = [
  { at: { warn: 0.75 }, severity: 'medium' },
  { at: 'breach', severity: 'high' },
  { at: { overdue: 2 }, severity: 'critical' },
]

/** A budget burns too fast: at more than the factor over three days and still in the last six hours. */
const budget = (sla: string, title: string, factor: number) => ({
  id: `${sla}-budget`,
  title,
  description: `So many clocks of "${sla}" are breached that its objective cannot be met if it goes on like this.`,
  class: 'business',
  severity: 'high',
  watch: { kind: 'burn', sla, windows: [{ long_s: 3 * DAY_S, short_s: 6 * HOUR_S, factor, severity: 'high' }], every_s: 300 },
  minimum_n: 20,
  keep_firing_s: 2 * HOUR_S,
  group_by: ['sla'],
  summary: '{sla}: the error budget burns {value} times as fast as it may ({n} of {of} breached)',
})

const deadlines = (id: string, title: string, slas: string[], noun: string) => ({
  id,
  title,
  description: `${noun} that near, pass or are long past the deadline of their service level; one page for each owner.`,
  class: 'business',
  severity: 'high',
  watch: { kind: 'clock', slas, steps: DEADLINE_STEPS },
  group_by: ['sla', 'owner'],
  wait_s: 30,
  interval_s: HOUR_S,
  repeat_s: DAY_S,
  summary: '{count} of {owner}: {sla}, {money}',
})

/**
 * The alert rules that ship, enabled for everybody: few, and each of them something that a person does something about. A tenant states its
 * differences only, so that a better pack reaches it.
 */
export const ALERT_PACK: Pack = {
  name: 'procure-to-pay',
  version: 1,
  rules: [
    deadlines('requisition-deadlines', 'Requisitions past their deadline', ['requisition-to-order'], 'requisitions'),
    deadlines('approval-deadlines', 'Approvals past their deadline', ['approval-decision'], 'approvals'),
    deadlines('invoice-deadlines', 'Invoices past their deadline', ['invoice-approval', 'exception-resolution'], 'invoices'),
    {
      id: 'late-payment',
      title: 'Invoices unpaid at their due date',
      description: 'An invoice fell due and its payment has not cleared: late interest and a supplier who waits.',
      class: 'business',
      severity: 'high',
      watch: { kind: 'clock', slas: ['invoice-paid-on-time'], steps: [{ at: 'breach', severity: 'high' }] },
      group_by: ['sla', 'entity'],
      interval_s: HOUR_S,
      repeat_s: DAY_S,
      summary: '{count} of {entity} unpaid at the due date, {money}',
    },
    {
      id: 'technical-incidents',
      title: 'Technical incident that blocks documents',
      description: 'A system or connector fails and at least one document waits for it. One page, with all that it blocks.',
      class: 'technical',
      severity: 'critical',
      watch: { kind: 'incident', blocked_at_least: 1 },
      group_by: ['incident'],
      wait_s: 10,
      inhibited: false,
      summary: '{incident} blocks {count}, {money}',
    },
    {
      id: 'critical-violations',
      title: 'Critical control violated',
      description: 'A control of critical severity is violated, such as a payment after a change of bank details.',
      class: 'business',
      severity: 'critical',
      watch: { kind: 'control', severities: ['critical'] },
      group_by: ['control'],
      inhibited: false,
      summary: '{control}: {count}, {money}',
    },
    {
      id: 'high-violations',
      title: 'Control of high severity violated',
      description: 'A control of high severity is violated, such as an approval by whoever asked for it.',
      class: 'business',
      severity: 'high',
      watch: { kind: 'control', severities: ['high'] },
      group_by: ['control'],
      interval_s: HOUR_S,
      repeat_s: DAY_S,
      inhibited: false,
      summary: '{control}: {count}, {money}',
    },
    {
      id: 'silent-sources',
      title: 'Source fell silent',
      description: 'A source sends nothing for far longer than it ever paused: what it tells of happens unseen.',
      class: 'technical',
      severity: 'high',
      watch: { kind: 'source', state: 'silent' },
      group_by: ['key'],
      inhibited: false,
      summary: '{key} sends nothing',
    },
    {
      id: 'dead-letters',
      title: 'Records that cannot be read',
      description: 'Records of a source wait as dead letters: they count nowhere until they are read.',
      class: 'technical',
      severity: 'high',
      watch: { kind: 'dead_letters' },
      group_by: ['key'],
      interval_s: HOUR_S,
      repeat_s: DAY_S,
      inhibited: false,
      summary: '{key}: {value} records cannot be read',
    },
    {
      id: 'exception-rate-unusual',
      title: 'Unusually many business exceptions',
      description: 'The business exception rate of the week is far above the weeks before.',
      class: 'business',
      severity: 'medium',
      watch: { kind: 'kpi', kpi: 'exception-rate', window_s: 7 * DAY_S, every_s: HOUR_S, when: { kind: 'band', score: 5 } },
      for_s: 6 * HOUR_S,
      keep_firing_s: DAY_S,
      minimum_n: 50,
      summary: 'Exceptions on {value} of {of} invoices, expected up to {threshold}',
    },
    {
      id: 'technical-failure-rate-unusual',
      title: 'Unusually many technical failures',
      description:
        'The technical failure rate of the day is far above that of the same days before, without one incident to blame.',
      class: 'technical',
      severity: 'medium',
      watch: { kind: 'kpi', kpi: 'technical-failure-rate', window_s: DAY_S, when: { kind: 'band', score: 6 } },
      for_s: 2 * HOUR_S,
      keep_firing_s: 6 * HOUR_S,
      minimum_n: 100,
      summary: '{value} of {of} operations failed, expected up to {threshold}',
    },
    budget('approval-decision', 'Approvals burn their error budget', 4),
    budget('invoice-approval', 'Invoice approval burns its error budget', 3),
    budget('invoice-paid-on-time', 'Payments burn their error budget', 6),
  ].map((rule) => AlertRule.parse(rule)),
}

import assert from 'node:assert/strict'
import test from 'node:test'
import { importOpenSlo } from '../model/openslo.ts'
import { importPrometheus } from '../model/prometheus-rules.ts'
import { durationS, severityOf, slugOf } from '../model/rule-import.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'

const KPIS = new Map(kpiCatalogue().map(({ kpi, topic }) => [kpi, { topic }]))

const OPENSLO = `
apiVersion: openslo/v1
kind: Service
metadata: { name: accounts-payable, displayName: Accounts Payable }
spec: { description: Invoices from receipt to payment }
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: paid-on-time
  displayName: Invoices are paid by their due date
  annotations: { sightline.io/sla: invoice-paid-on-time }
spec:
  description: 95 % of invoices are paid by their due date.
  service: accounts-payable
  indicator:
    metadata: { name: paid-by-due }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { type: Prometheus, spec: { query: sum(paid_in_time) } } }
        total: { metricSource: { type: Prometheus, spec: { query: sum(paid) } } }
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ displayName: On time, target: 0.95 }]
  alertPolicies:
    - paging
    - kind: AlertPolicy
      metadata: { name: slow-burn }
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: { name: three-days }
            spec:
              severity: ticket
              condition: { kind: burnrate, op: gte, threshold: 1, lookbackWindow: 3d, alertAfter: 1h }
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: paging }
spec:
  conditions: [{ conditionRef: fast-burn }]
  notificationTargets: [{ targetRef: ops-mail }]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: { name: fast-burn }
spec:
  severity: page
  condition: { kind: burnrate, op: gte, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m }
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: { name: ops-mail }
spec: { target: email }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: invoice-approval }
spec:
  service: accounts-payable
  indicatorRef: approvals
  budgetingMethod: Timeslices
  objectives: [{ targetPercent: 85, timeSliceTarget: 0.9, timeSliceWindow: 1h }, { target: 0.99 }]
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: checkout-latency }
spec: { service: shop, objectives: [{ target: 0.99 }] }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: approval-decision }
spec:
  objectives: [{ target: 0.9 }]
  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: p }
      spec:
        conditions:
          - { kind: AlertCondition, metadata: { name: unreachable }, spec: { severity: page, condition: { kind: burnrate, threshold: 14.4, lookbackWindow: 1h } } }
          - { kind: AlertCondition, metadata: { name: odd }, spec: { severity: loud, condition: { kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1d } } }
          - { kind: AlertCondition, metadata: { name: slow }, spec: { severity: page, condition: { kind: burnrate, op: lt, threshold: 2, lookbackWindow: 1d } } }
          - { conditionRef: nowhere }
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: forgotten }
spec: { conditions: [] }
---
apiVersion: openslo/v1alpha
kind: SLO
metadata: { name: old }
---
hello: world
---
a: [
`

test('OpenSLO: burn-rate conditions become rules on our service levels, and every document has its line', () => {
  const { rules, report } = importOpenSlo(OPENSLO, SLA_PACK)
  const [fast, slow, approval, odd] = rules
  assert.deepEqual(
    [fast?.id, fast?.title, fast?.severity, fast?.for_s, fast?.watch],
    [
      'paid-on-time-fast-burn',
      'Invoices are paid by their due date',
      'critical',
      300,
      {
        kind: 'burn',
        sla: 'invoice-paid-on-time',
        objective: 0.95,
        calendar: null,
        every_s: 60,
        windows: [{ long_s: 3600, short_s: 300, factor: 14.4, severity: 'critical' }],
      },
    ],
  )
  assert.deepEqual([slow?.id, slow?.severity, slow?.for_s], ['paid-on-time-three-days', 'medium', 3600])
  assert.deepEqual(approval?.watch.kind === 'burn' && approval.watch.windows.map(({ factor }) => factor), [6, 1])
  assert.deepEqual([odd?.id, odd?.severity], ['approval-decision-odd', 'high'])
  assert.equal(rules.length, 4)
  const told = report.map(({ name, outcome, reason }) => `${name} – ${outcome}${reason === '' ? '' : `: ${reason}`}`)
  const line = (start: string) => told.find((one) => one.startsWith(start)) ?? ''
  assert.match(line('SLO paid-on-time, condition fast-burn'), /partly: who is told is stated by the routing/u)
  assert.match(
    line('SLO invoice-approval'),
    /partly: of 2 objectives the first is taken; its budget counts Timeslices.*no alert policy/u,
  )
  assert.match(line('SLO checkout-latency'), /not: there is no service level "checkout-latency"/u)
  assert.match(
    line('SLO approval-decision, condition unreachable'),
    /not: with an objective of 0\.9 a budget never burns 14\.4 times/u,
  )
  assert.match(
    line('SLO approval-decision, condition odd'),
    /partly: its condition "nowhere" is not there.*"loud" is read as high/u,
  )
  assert.match(line('SLO approval-decision, condition slow'), /not: "lt" would alert while the budget burns slowly/u)
  assert.match(line('AlertPolicy paging'), /taken/u)
  assert.match(line('AlertCondition fast-burn'), /taken/u)
  assert.match(line('AlertPolicy forgotten'), /not: no SLO that was taken refers to it/u)
  assert.match(line('AlertNotificationTarget ops-mail'), /not: who is told is stated by the routing/u)
  assert.match(line('Service accounts-payable'), /not/u)
  assert.match(line('SLO old'), /not: its version is openslo\/v1alpha/u)
  assert.match(line('document 11'), /not: it has no apiVersion/u)
  assert.match(line('document 12'), /not: .*line/u)
})

const PROMETHEUS = String.raw`
groups:
  - name: procurement
    interval: 5m
    rules:
      - alert: ExceptionRateHigh
        expr: sightline_kpi_exception_rate{entity="DE01", supplier=~"S-1|S-9"} > 0.25
        for: 1h30m
        keep_firing_for: 2h
        labels: { severity: warning, team: ap }
        annotations:
          summary: "{{ $value | humanizePercentage }} of invoices at {{ $labels.entity }} have exceptions"
          description: Look at the suppliers first.
          runbook_url: https://runbooks.example/exceptions
      - alert: TechnicalFailures
        expr: 0.1 <= technical_failure_rate   # the share of operations
        labels: { severity: critical }
      - alert: FewTouchless
        expr: sightline_kpi_touchless_rate < 5e-1
      - alert: DeadLetters
        expr: sightline_dead_letters{source="/erp"} >= 10
      - alert: ErpDown
        expr: up{job="erp", instance="erp-1:9090"} == 0
        for: 5m
        annotations: { dashboard: "https://grafana.example/d/1", summary: "{{ $labels.job }} is down since {{ humanizeTimestamp $now }}" }
      - alert: FeedGone
        expr: absent_over_time(sightline_events_total{source="/portal"}[2h])
      - record: job:late:ratio
        expr: sum(late) / sum(paid)
      - alert: CpuHigh
        expr: node_cpu_seconds_total > 0.9
      - alert: Both
        expr: sightline_kpi_late_payment > 0.1 and sightline_kpi_exception_rate > 0.1
      - alert: Averaged
        expr: avg_over_time(sightline_kpi_late_payment[1d]) > 0.1
      - alert: Exactly
        expr: sightline_kpi_late_payment == 0
      - alert: Pattern
        expr: sightline_kpi_late_payment{supplier=~"S-.*"} > 0.1
      - alert: Except
        expr: sightline_kpi_late_payment{supplier!="S-1"} > 0.1
      - alert: OddLabel
        expr: sightline_kpi_late_payment{colour="red"} > 0.1
      - alert: Forever
        expr: sightline_kpi_late_payment > 0.1
        for: a while
      - alert: Exception Rate High
        expr: sightline_kpi_exception_rate > 0.3
      - alert: UpAnywhere
        expr: up == 0
  - name: limited
    limit: 3
    rules:
      - alert: Late
        expr: sightline_kpi_late_payment > 0.1
        labels: { class: technical }
  - { nothing: here }
`

test('Prometheus: comparisons of our figures and sources that are gone become rules, and every rule has its line', () => {
  const { rules, report } = importPrometheus(PROMETHEUS, KPIS)
  const of = (id: string) => rules.find((rule) => rule.id === id)
  const told = new Map(report.map(({ name, outcome, reason }) => [name, `${outcome}: ${reason}`]))
  const high = of('exception-rate-high')
  assert.deepEqual(
    [high?.class, high?.severity, high?.for_s, high?.keep_firing_s, high?.where, high?.runbook, high?.description],
    [
      'business',
      'medium',
      5400,
      7200,
      { entity: ['DE01'], supplier: ['S-1', 'S-9'] },
      'https://runbooks.example/exceptions',
      'Look at the suppliers first.',
    ],
  )
  assert.deepEqual(high?.watch.kind === 'kpi' && [high.watch.kpi, high.watch.every_s, high.watch.when], [
    'exception-rate',
    300,
    { kind: 'threshold', above: 0.25, below: null, confident: false },
  ])
  assert.equal(high?.summary, '{value} of invoices at have exceptions')
  assert.match(told.get('procurement/ExceptionRateHigh') ?? '', /^partly: the label team is left out.*a part of the summary/u)
  const technical = of('technical-failures')
  assert.deepEqual(
    [technical?.class, technical?.watch.kind === 'kpi' && technical.watch.when],
    ['technical', { kind: 'threshold', above: 0.1, below: null, confident: false }],
  )
  assert.match(told.get('procurement/TechnicalFailures') ?? '', /^partly: >= is read as >/u)
  assert.equal(told.get('procurement/FewTouchless'), 'taken: ')
  const letters = of('dead-letters')?.watch
  assert.deepEqual(letters, { kind: 'dead_letters', sources: ['/erp'], codes: [], more_than: 9, every_s: 300 })
  assert.deepEqual(of('erp-down')?.watch, { kind: 'source', sources: ['erp'], state: 'silent' })
  assert.equal(of('erp-down')?.summary, '{key} is down since')
  assert.match(told.get('procurement/ErpDown') ?? '', /^partly: a source has no instances.*annotation dashboard.*summary/u)
  assert.deepEqual(of('feed-gone')?.watch, { kind: 'source', sources: ['/portal'], state: 'silent' })
  for (const [name, reason] of [
    ['procurement/job:late:ratio', 'records a series'],
    ['procurement/CpuHigh', '"node_cpu_seconds_total" is no figure of ours'],
    ['procurement/Both', 'more than one of our figures'],
    ['procurement/Averaged', 'more than one of our figures'],
    ['procurement/Exactly', 'never exactly'],
    ['procurement/Pattern', 'a pattern'],
    ['procurement/Except', 'leaves values out'],
    ['procurement/OddLabel', 'no dimension'],
    ['procurement/Forever', 'is no duration'],
    ['procurement/Exception Rate High', 'called "exception-rate-high", too'],
    ['procurement/UpAnywhere', 'names no source'],
    ['document 1, group 3', 'no group of rules'],
  ] as const)
    assert.match(told.get(name) ?? '', new RegExp(`^not: .*${reason}`, 'u'), name)
  assert.deepEqual([of('late')?.class, told.get('limited/Late')], ['technical', 'partly: limit of its group is not known here'])
  assert.equal(report.length, 19)
})

test('rules inside of what the Prometheus operator keeps are read as well, and what is no such file is told', () => {
  const wrapped = `apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: { name: x }\nspec:\n  groups: [{ name: g, rules: [{ alert: Late, expr: late_payment > 0.1 }] }]\n`
  assert.deepEqual(
    importPrometheus(wrapped, KPIS).report.map(({ outcome }) => outcome),
    ['taken'],
  )
  assert.deepEqual(
    importPrometheus('hello: world\n---\na: [', KPIS).report.map(({ name, outcome }) => [name, outcome]),
    [
      ['document 1', 'not'],
      ['document 2', 'not'],
    ],
  )
})

test('durations, severities and names of other systems are read', () => {
  assert.deepEqual(['5m', '1h30m', '28d', '1w', '500ms', '0', 'soon', '', '-5m', 5].map(durationS), [
    300,
    5400,
    2_419_200,
    604_800,
    0.5,
    0,
    null,
    null,
    null,
    null,
  ])
  assert.deepEqual(['page', 'WARNING', 'loud', undefined].map(severityOf), ['critical', 'medium', null, null])
  assert.deepEqual(['KubePodCrashLooping', 'Späte Zahlung!', '***', 'a'.repeat(80)].map(slugOf), [
    'kube-pod-crash-looping',
    'spate-zahlung',
    null,
    'a'.repeat(63),
  ])
})

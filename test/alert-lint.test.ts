import assert from 'node:assert/strict'
import test from 'node:test'
import { lintRule } from '../model/alert-lint.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { ALERT_PROBLEMS, type AlertProblem, type LintContext } from '../model/alert-problem.ts'
import { Matcher, Routing } from '../model/alert-routing.ts'
import { lintRouting, lintSilence } from '../model/alert-routing-lint.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { Calendar } from '../model/calendar.ts'
import { SLA_PACK } from '../model/sla-pack.ts'
import { controlCatalogue } from '../queries/control-catalogue.ts'
import { kpiCatalogue } from '../queries/kpi-catalogue.ts'

const shift = [{ from: '09:00', to: '17:00' }]
const office = Calendar.parse({ name: 'office', zone: 'Europe/Berlin', week: { mon: shift, tue: shift } })
const ROUTING = Routing.parse({
  routes: [
    { class: 'business', parties: ['owners'] },
    { class: 'technical', parties: ['on-call'] },
  ],
  parties: [
    { id: 'owners', title: 'Owners', calendar: 'office', steps: [{ after_s: 0, to: [{ channel: 'mail' }] }] },
    { id: 'on-call', title: 'On call', steps: [{ after_s: 0, to: [{ rota: 'nights' }] }] },
  ],
  rotas: [
    {
      id: 'nights',
      title: 'Nights',
      zone: 'Europe/Berlin',
      people: [{ name: 'Ada', channel: 'pager' }],
      starts_on: '2026-01-01',
    },
  ],
})
const CONTEXT: LintContext = {
  kpis: new Map(kpiCatalogue().map(({ kpi, range }) => [kpi, { range }])),
  slas: SLA_PACK,
  controls: new Map(controlCatalogue().map(({ control, severity }) => [control, { severity }])),
  calendars: new Map([['office', office]]),
  sources: new Set(['/erp']),
  routing: ROUTING,
  channels: new Map([
    ['mail', 'active'],
    ['pager', 'active'],
  ]),
  forClients: false,
}

const rule = (watch: object, more: object = {}): AlertRule =>
  AlertRule.parse({ id: 'one', title: 'One', class: 'business', watch, ...more })
const kpi = (when: object, more: object = {}) => ({
  kind: 'kpi',
  kpi: 'exception-rate',
  when: { kind: 'threshold', ...when },
  ...more,
})
const burn = (more: object = {}) => ({ kind: 'burn', sla: 'invoice-paid-on-time', ...more })
const codes = (problems: readonly AlertProblem[]): string[] => problems.map(({ code }) => code)

/** Every code that a test provoked. */
const provoked = new Set<string>()

function tells(one: AlertRule, expected: readonly string[], context: Partial<LintContext> = {}): void {
  const problems = lintRule(one, { ...CONTEXT, ...context })
  assert.deepEqual(codes(problems), expected, JSON.stringify(problems))
  for (const problem of problems) {
    provoked.add(problem.code)
    assert.ok(problem.message.length > 10 && problem.message.endsWith('.'), problem.message)
    assert.equal(problem.level, ALERT_PROBLEMS[problem.code])
  }
}

test('the rules that ship have nothing wrong with them where their service levels are in use', () => {
  assert.ok(ALERT_PACK.rules.length >= 10)
  for (const shipped of ALERT_PACK.rules) tells(shipped, [])
  assert.equal(new Set(ALERT_PACK.rules.map(({ id }) => id)).size, ALERT_PACK.rules.length)
})

test('a rule that names what there is not is refused with the name', () => {
  tells(rule({ ...kpi({ above: 0.1 }), kpi: 'exception-rat' }), ['rule_kpi_unknown'])
  tells(rule({ kind: 'clock', slas: ['none'] }), ['rule_sla_unknown'])
  tells(rule({ kind: 'clock', slas: ['none', 'invoice-approval'] }), ['rule_names_unknown'])
  tells(rule({ kind: 'risk', slas: ['none'] }), ['rule_sla_unknown'])
  tells(rule(burn({ sla: 'none', objective: 0.95 })), ['rule_sla_unknown'])
  tells(rule({ kind: 'control', controls: ['none'] }), ['rule_control_unknown'])
  tells(rule(burn({ calendar: 'none' })), ['rule_calendar_unknown'])
  tells(rule({ kind: 'arrivals', source: '/erp', by: '10:00', calendar: 'none' }), ['rule_calendar_unknown'])
  tells(rule({ kind: 'source', sources: ['/erp', '/new'] }), ['rule_source_unknown'])
  tells(rule({ kind: 'source' }, { where: { entity: ['DE01'] } }), ['rule_dimension_absent'])
  tells(rule({ kind: 'incident' }, { where: { system: ['sap'] } }), [])
})

test('a rule for the clients of a provider may name what only they know', () => {
  const problems = lintRule(rule({ kind: 'clock', slas: ['theirs'] }), { ...CONTEXT, forClients: true })
  assert.deepEqual(
    problems.map(({ code, level }) => [code, level]),
    [['rule_sla_unknown', 'warning']],
  )
})

test('a rule that can never fire is refused with the reason', () => {
  for (const [watch, more] of [
    [kpi({ above: 1 })],
    [kpi({ above: 1.5 })],
    [kpi({ below: 0 })],
    [kpi({})],
    [{ ...kpi({ below: 0 }), kpi: 'invoice-cycle' }],
    [kpi({ above: 0.1 }, { window_s: 3600 }), { for_s: 7200 }],
    [{ kind: 'clock', slas: ['invoice-approval'], steps: [{ at: { warn: 0.6 }, severity: 'low' }] }],
    [{ kind: 'clock', slas: ['invoice-approval'], steps: [{ at: { overdue: 3 }, severity: 'low' }] }],
    [{ kind: 'clock', slas: ['invoice-paid-on-time'], steps: [{ at: { overdue: 1 }, severity: 'low' }] }],
    [{ kind: 'clock' }, { minimum_n: 5 }],
    [{ kind: 'control', controls: ['self-approval'], severities: ['low'] }],
    [burn({ sla: 'invoice-approval', windows: [{ long_s: 3600, short_s: 300, factor: 14.4, severity: 'high' }] })],
    [burn(), { for_s: 4 * 86_400 }],
  ] as [object, object?][])
    tells(rule(watch, more), ['rule_never_fires'])
  const [first] = SLA_PACK
  assert.ok(first)
  const endless = { ...first, id: 'endless', objective: null }
  tells(rule(burn({ sla: 'endless' })), ['rule_never_fires'], { slas: [endless] })
  tells(
    rule(burn({ sla: 'endless', windows: [{ long_s: 3600, short_s: 300, factor: 1, severity: 'high' }] })),
    ['rule_never_fires'],
    {
      slas: [{ ...endless, objective: 1 }],
    },
  )
})

test('a budget burns as fast as its objective lets it, and not faster', () => {
  const at = (objective: number, factor: number) =>
    burn({ objective, windows: [{ long_s: 3600, short_s: 300, factor, severity: 'high' }] })
  tells(rule(at(0.9, 10)), [])
  tells(rule(at(0.9, 10.1)), ['rule_never_fires'])
  tells(rule(at(0.95, 14.4)), [])
})

test('a rule that can never be over is refused with the reason', () => {
  for (const [watch, more] of [
    [kpi({ above: -0.1 })],
    [kpi({ below: 1.01 })],
    [kpi({ above: 0.2, below: 0.5 })],
    [{ ...kpi({}), when: { kind: 'change', by: 0 } }],
    [{ kind: 'clock' }, { keep_firing_s: 31 * 86_400 }],
  ] as [object, object?][])
    tells(rule(watch, more), ['rule_never_resolves'])
  tells(rule(kpi({ above: 0.5, below: 0.2 })), [])
  tells(rule({ ...kpi({ above: -0.1 }), kpi: 'price-variance' }), [])
})

test('windows and steps that are out of order are told', () => {
  tells(rule(burn({ windows: [{ long_s: 300, short_s: 300, factor: 1, severity: 'high' }] })), ['rule_window_order'])
  tells(
    rule({
      kind: 'clock',
      slas: ['invoice-approval'],
      steps: [
        { at: 'breach', severity: 'high' },
        { at: { warn: 0.75 }, severity: 'high' },
      ],
    }),
    ['rule_window_order'],
  )
  tells(
    rule({
      kind: 'clock',
      steps: [
        { at: { warn: 0.75 }, severity: 'high' },
        { at: 'breach', severity: 'medium' },
      ],
    }),
    ['rule_severity_falls'],
  )
  tells(rule(kpi({ above: 0.1 }, { window_s: 3600, every_s: 7200 })), ['rule_gaps'])
})

test('a summary with an unknown field, or a brace that does not close, is refused', () => {
  const summary = (text: string, expected: string[]) => tells(rule({ kind: 'clock' }, { summary: text }), expected)
  summary('{n} of {of} invoices of {owner} breach {sla}, {money}', [])
  summary('{foo}', ['rule_template_field_unknown'])
  summary('{}', ['rule_template_field_unknown'])
  summary('{n} of {of', ['rule_template_unclosed'])
  summary('{n {of}', ['rule_template_unclosed'])
  summary('n}', ['rule_template_unclosed'])
  summary('{control}', ['rule_template_field_absent'])
  tells(rule({ kind: 'source' }, { group_by: ['sla'] }), ['rule_grouping_absent'])
  tells(rule(kpi({ above: 0.1 }, { by: 'entity' }), { group_by: ['entity'] }), [])
  tells(rule(kpi({ above: 0.1 }), { group_by: ['entity'] }), ['rule_grouping_absent'])
})

test('a rule that reaches nobody is told, and why', () => {
  const one = rule({ kind: 'clock' })
  const routed = (change: object) => ({ routing: Routing.parse({ ...ROUTING, ...change }) })
  tells(one, ['rule_reaches_nobody'], routed({ routes: [{ class: 'technical', parties: ['on-call'] }] }))
  tells(one, ['rule_reaches_nobody'], routed({ routes: [{ severity_from: 'critical', parties: ['owners'] }] }))
  tells(one, [], routed({ routes: [{ money_from: 1e6, parties: ['owners'] }] }))
  tells(one, [], routed({ routes: [{ where: { entity: ['DE01'] }, parties: ['owners'] }] }))
  tells(one, ['rule_inbox_only'], routed({ parties: [{ id: 'owners', title: 'Owners' }] }))
  tells(one, ['rule_channel_unknown'], { channels: new Map([['pager', 'active']]) })
  tells(one, ['rule_channel_paused'], { channels: new Map([['mail', 'paused']]) })
  tells(rule({ kind: 'source' }, { class: 'technical' }), ['rule_channel_unknown'], { channels: new Map([['mail', 'active']]) })
})

test('a routing that leads nowhere is refused or warned with the reason', () => {
  const lint = (change: object, expected: string[], context: object = {}) => {
    const problems = lintRouting(Routing.parse({ ...ROUTING, ...change }), { ...CONTEXT, rules: new Set(['one']), ...context })
    assert.deepEqual(codes(problems), expected, JSON.stringify(problems))
    for (const { code } of problems) provoked.add(code)
  }
  const [owners, onCall] = ROUTING.parties
  const [nights] = ROUTING.rotas
  const [business, technical] = ROUTING.routes
  assert.ok(nights)
  lint({}, [])
  lint({ parties: [owners, onCall, owners] }, ['routing_id_twice'])
  lint({ routes: [{ ...business, parties: ['owners', 'nobody'] }, technical] }, ['routing_party_unknown'])
  lint({ rotas: [] }, ['routing_rota_unknown'])
  lint({}, ['routing_channel_unknown', 'routing_channel_paused'], { channels: new Map([['pager', 'paused']]) })
  lint({ parties: [{ ...owners, calendar: 'none' }, onCall] }, ['routing_calendar_unknown'])
  const closed = { ...office, week: { mon: [], tue: [], wed: [], thu: [], fri: [], sat: [], sun: [] } }
  lint({}, ['routing_calendar_without_working_time'], { calendars: new Map([['office', closed]]) })
  lint({ rotas: [{ ...nights, zone: 'Mars/Olympus' }] }, ['routing_zone_unknown'])
  const override = { from: '2026-02-02T00:00:00Z', to: '2026-02-01T00:00:00Z', name: 'Bo', channel: 'pager' }
  lint({ rotas: [{ ...nights, overrides: [override] }] }, ['routing_override_empty'])
  lint({ routes: [{ rules: ['none'], parties: ['owners'] }, business, technical] }, ['routing_rule_unknown'])
  lint({ routes: [business, { class: 'business', rules: ['one'], parties: ['owners'] }, technical] }, [
    'routing_route_unreachable',
  ])
  lint({ routes: [{ ...business, continue: true }, { class: 'business', parties: ['owners'] }, technical] }, [])
  lint({ routes: [{ ...business, severity_from: 'high' }, { class: 'business', parties: ['owners'] }, technical] }, [])
  lint({ parties: [owners, onCall, { id: 'idle', title: 'Idle' }] }, ['routing_inbox_only', 'routing_party_unused'])
  lint({ routes: [business], parties: [owners], rotas: [] }, ['routing_class_unrouted'])
})

test('a silence that matches everything is refused, and a doubtful one is told', () => {
  const now = Date.UTC(2026, 2, 2) * 1000
  const day = 86_400e6
  const lint = (matcher: object, expected: string[], times: { from?: number; to?: number; matching?: number } = {}) => {
    const problems = lintSilence(
      { matcher: Matcher.parse(matcher), from: times.from ?? now, to: times.to ?? now + day },
      { now, rules: new Set(['one']), matching: times.matching ?? 1 },
    )
    assert.deepEqual(codes(problems), expected, JSON.stringify(problems))
    for (const { code } of problems) provoked.add(code)
  }
  lint({ rules: ['one'] }, [])
  lint({ severity_to: 'low' }, [])
  lint({}, ['silence_matches_everything'])
  lint({ severity_to: 'critical' }, ['silence_matches_everything'])
  lint({ rules: ['one'] }, ['silence_empty'], { to: now })
  lint({ rules: ['one'] }, ['silence_over'], { from: now - 2 * day, to: now - day })
  lint({ rules: ['one'] }, ['silence_too_long'], { to: now + 31 * day })
  lint({ rules: ['none'] }, ['silence_rule_unknown', 'silence_matches_nothing'], { matching: 0 })
})

test('every code has a case that provokes it', () => {
  // These are of what a schema refuses before.
  const bySchema = new Set(['rule_invalid', 'routing_invalid', 'silence_invalid'])
  assert.deepEqual(
    [...provoked].toSorted(),
    Object.keys(ALERT_PROBLEMS)
      .filter((code) => !bySchema.has(code))
      .toSorted(),
  )
})

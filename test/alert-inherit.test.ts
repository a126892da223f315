import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { differencesOf, inheritRules, overriddenRule, type RuleStatement } from '../model/alert-inherit.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { type Json, mergePatch, mergePatchOf, patchedPaths } from '../model/merge-patch.ts'

test('a patch is laid over a value as RFC 7396 says', () => {
  // The test cases of its appendix A.
  for (const [value, patch, expected] of [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as [Json, Json, Json][])
    assert.deepEqual(mergePatch(value, patch), expected, JSON.stringify([value, patch]))
  // A name that is dangerous as a member of an object is one like any other.
  const hostile = JSON.parse('{"__proto__": {"polluted": true}}') as Json
  assert.equal(Object.hasOwn(mergePatch({}, hostile) as object, '__proto__'), true)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('what differs, laid over, makes the wanted value of any JSON without nulls', () => {
  const value: fc.Arbitrary<Json> = fc.letrec<{ json: Json; object: { [name: string]: Json } }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      fc.boolean(),
      fc.integer(),
      fc.string(),
      fc.array(fc.integer(), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('json'), { maxKeys: 4, noNullPrototype: true }),
  })).object
  fc.assert(
    fc.property(value, value, (from, to) => {
      const patch = mergePatchOf(from as { [name: string]: Json }, to as { [name: string]: Json })
      assert.deepEqual(mergePatch(from, patch), to)
    }),
  )
})

test('the differences of any two rules make one of the other', () => {
  const watch = fc.constantFrom(
    ...ALERT_PACK.rules.map((one) => one.watch),
    { kind: 'kpi', kpi: 'late-payment', by: 'entity', when: { kind: 'threshold', above: 0.2, confident: false } },
    { kind: 'kpi', kpi: 'late-payment', when: { kind: 'threshold', below: 0.2 } },
    { kind: 'burn', sla: 'invoice-approval', objective: 0.99, calendar: 'office' },
    { kind: 'arrivals', source: '/erp', by: '10:00', at_least: 40 },
  )
  const rule = fc
    .record(
      {
        watch,
        title: fc.constantFrom('One', 'Two'),
        severity: fc.constantFrom('low', 'critical'),
        where: fc.constantFrom({}, { entity: ['DE01'] }, { entity: ['FR01'], system: ['sap'] }),
        repeat_s: fc.constantFrom(null, 3600),
        runbook: fc.constantFrom(null, 'https://runbooks.example/one'),
        group_by: fc.constantFrom([], ['key'], ['key', 'owner']),
        enabled: fc.boolean(),
      },
      { requiredKeys: ['watch', 'title'] },
    )
    .map((one) => AlertRule.parse({ id: 'one', class: 'business', ...one }))
  fc.assert(
    fc.property(rule, rule, (inherited, wanted) => {
      const made = overriddenRule(inherited, differencesOf(inherited, wanted))
      assert.deepEqual(made, { rule: wanted })
    }),
  )
})

const statement = (id: string, body: object, more: Partial<RuleStatement> = {}): RuleStatement => ({
  id,
  version: 1,
  body,
  pack: ALERT_PACK.name,
  state: 'active',
  ...more,
})

test('a better pack reaches whoever states differences alone, and the provider stands between', () => {
  const provider = [statement('invoice-deadlines', { severity: 'critical', repeat_s: null })]
  const own = [statement('invoice-deadlines', { wait_s: 90, severity: 'low' }, { version: 4 })]
  const of = (pack: typeof ALERT_PACK) => inheritRules(pack, provider, own).get('invoice-deadlines')
  const before = of(ALERT_PACK)
  assert.deepEqual(
    [before?.rule.severity, before?.rule.wait_s, before?.rule.repeat_s, before?.origin, before?.version, before?.overridden],
    ['low', 90, null, 'provider', 6, ['severity', 'wait_s']],
  )
  const better = {
    ...ALERT_PACK,
    version: 2,
    rules: ALERT_PACK.rules.map((rule) => ({ ...rule, title: `${rule.title}, at last`, severity: 'medium' as const })),
  }
  const after = of(better)
  assert.deepEqual([after?.rule.title, after?.rule.severity, after?.version], ['Invoices past their deadline, at last', 'low', 7])
  // A rule that nobody says anything about is in force as it ships.
  const silent = inheritRules(better, provider, own).get('silent-sources')
  assert.deepEqual([silent?.origin, silent?.overridden, silent?.state, silent?.rule.enabled], ['pack', [], 'active', true])
})

test('differences that do not fit the rule any more are left out and named; a rule that went takes its differences along', () => {
  const own = [statement('invoice-deadlines', { watch: { window_s: 3600 } }), statement('gone', { severity: 'low' })]
  const rules = inheritRules(ALERT_PACK, [], own)
  const broken = rules.get('invoice-deadlines')
  assert.deepEqual(
    broken?.rule,
    ALERT_PACK.rules.find(({ id }) => id === 'invoice-deadlines'),
  )
  assert.match(broken?.problem ?? '', /watch: .*window_s/u)
  assert.equal(rules.has('gone'), false)
})

test('what the provider retires is retired for its clients, and what it switches off they may switch on', () => {
  const provider = [
    statement('dead-letters', {}, { state: 'retired' }),
    statement('late-payment', { enabled: false }),
    statement('theirs', AlertRule.parse({ id: 'theirs', title: 'Theirs', class: 'technical', watch: { kind: 'source' } }), {
      pack: null,
    }),
  ]
  const own = [
    statement('dead-letters', { severity: 'low' }),
    statement('late-payment', { enabled: true }),
    statement('theirs', { title: 'Ours' }, { pack: 'provider' }),
  ]
  const rules = inheritRules(ALERT_PACK, provider, own)
  assert.equal(rules.get('dead-letters')?.state, 'retired')
  assert.equal(rules.get('late-payment')?.rule.enabled, true)
  assert.deepEqual([rules.get('theirs')?.rule.title, rules.get('theirs')?.origin], ['Ours', 'provider'])
  assert.deepEqual(patchedPaths({ where: { entity: ['x'] }, watch: { when: { above: 1 } }, steps: {} }), [
    'steps',
    'watch.when.above',
    'where.entity',
  ])
})

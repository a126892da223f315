import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { RuleDetail } from '../api/contract/rules.ts'
import type { CodeApplied, AlertProblems, RuleDrift, Rules, RuleSaved, RulesImported } from '../api/contract/rules.ts'
import { verifiedTenant } from '../model/tenant.ts'
import { effectiveRules } from '../platform/alert-rules.ts'
import { alertChannels } from '../platform/postgres/schema.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
const folder = await mkdtemp(join(tmpdir(), 'sightline-rules-'))
after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

type Problem = { code: string; detail: string; problems?: AlertProblems['problems'] }
let made = 0

const late = (more: object = {}) => ({
  id: 'late-share',
  title: 'Too many late payments',
  class: 'business',
  watch: { kind: 'kpi', kpi: 'late-payment', when: { kind: 'threshold', above: 0.2 } },
  ...more,
})

async function post<T>(tenant: string, path: string, body: object, status = 201): Promise<T> {
  const answer = await server.ask<T>('POST', path, { tenant, body })
  assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

const save = (tenant: string, rule: object, note = '') => post<RuleSaved>(tenant, '/v1/rules', { rule, note })
const rules = async (tenant: string) => (await server.ask<Rules>('GET', '/v1/rules', { tenant })).body.rules
const ruleOf = async (tenant: string, id: string) => {
  const { body } = await server.ask<RuleDetail>('GET', `/v1/rules/${id}`, { tenant })
  assert.deepEqual(RuleDetail.parse(body), body, 'the answer is what the contract says')
  return body
}
const code = async (tenant: string) => (await server.ask<string>('GET', '/v1/rules/code', { tenant })).body
const apply = (tenant: string, text: unknown, more: object = {}) =>
  post<CodeApplied>(tenant, '/v1/rules/code', { code: text, dry_run: false, ...more }, 200)

/** A provider and one of its clients; both use the service levels that ship. */
async function provider(): Promise<{ msp: string; client: string }> {
  const [msp, client] = [`msp-${process.pid}-${++made}`, `client-${process.pid}-${made}`]
  for (const body of [
    { id: msp, name: msp, kind: 'msp' },
    { id: client, name: client, kind: 'client', parent_id: msp },
  ])
    assert.equal((await server.ask('POST', '/v1/tenants', { body })).status, 201)
  await post(client, '/v1/slas/pack', {})
  return { msp, client }
}

test('whoever states nothing has the rules that ship, and a version is kept of each change, with who and why', async () => {
  const tenant = await server.freshTenant()
  const shipped = await rules(tenant)
  assert.ok(
    shipped.length >= 10 && shipped.every(({ origin, state, rule }) => origin === 'pack' && state === 'active' && rule.enabled),
  )
  const first = await save(tenant, late(), 'asked for by finance')
  assert.deepEqual([first.version, first.origin, first.problems.map(({ code: one }) => one)], [1, 'own', ['rule_inbox_only']])
  assert.equal((await save(tenant, late())).version, 1, 'the same again is no version')
  assert.equal((await save(tenant, late({ severity: 'low' }))).version, 2)
  const retired = await post<RuleSaved>(tenant, '/v1/rules/late-share/retire', { note: 'noise' }, 200)
  assert.deepEqual([retired.version, retired.state], [3, 'retired'])
  const { versions, inherited } = await ruleOf(tenant, 'late-share')
  assert.equal(inherited, null)
  assert.deepEqual(
    versions.map(({ version, state, note }) => [version, state, note]),
    [
      [3, 'retired', 'noise'],
      [2, 'active', ''],
      [1, 'active', 'asked for by finance'],
    ],
  )
  const { body } = await server.ask<{ entries: { action: string; subject: string }[] }>('GET', '/v1/audit', { tenant })
  assert.ok(body.entries.some(({ action, subject }) => action === 'rule.retired' && subject === 'late-share'))
})

test('of an inherited rule the differences alone are kept, and given up by a reset', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, '/v1/slas/pack', {})
  const { rule } = await ruleOf(tenant, 'invoice-deadlines')
  const saved = await save(tenant, { ...rule, wait_s: 600, repeat_s: null })
  assert.deepEqual([saved.origin, saved.overridden, saved.rule.repeat_s], ['pack', ['repeat_s', 'wait_s'], null])
  const { versions, inherited } = await ruleOf(tenant, 'invoice-deadlines')
  assert.deepEqual(versions[0]?.body, { wait_s: 600, repeat_s: null })
  assert.equal(inherited?.wait_s, 30)
  const reset = await post<RuleSaved>(tenant, '/v1/rules/invoice-deadlines/reset', {}, 200)
  assert.deepEqual([reset.overridden, reset.rule], [[], rule])
  assert.ok(reset.version > saved.version)
})

test('a client inherits from its provider, which inherits from the pack, and the drift is told', async () => {
  const { msp, client } = await provider()
  const { rule } = await ruleOf(msp, 'approval-deadlines')
  await save(msp, { ...rule, severity: 'critical', wait_s: 120 })
  await save(msp, late({ id: 'house-rule' }))
  const inherited = await ruleOf(client, 'approval-deadlines')
  assert.deepEqual([inherited.origin, inherited.rule.wait_s, inherited.overridden], ['provider', 120, []])
  await save(client, { ...inherited.rule, wait_s: 5 })
  await save(client, late())
  const house = await ruleOf(client, 'house-rule')
  await save(client, { ...house.rule, title: 'Of this house' })
  await post(client, '/v1/rules/dead-letters/retire', {}, 200)
  // What the provider changes afterwards reaches the client but where it differs.
  await save(msp, { ...rule, severity: 'low', wait_s: 240, interval_s: 77 })
  const now = await ruleOf(client, 'approval-deadlines')
  assert.deepEqual([now.rule.severity, now.rule.wait_s, now.rule.interval_s], ['low', 5, 77])
  const { body } = await server.ask<RuleDrift>('GET', '/v1/rules/drift', { tenant: msp })
  const [drifted] = body.tenants
  assert.equal(drifted?.tenant, client)
  assert.deepEqual(
    drifted?.differs.map(({ id, kind, origin }) => [id, kind, origin]),
    [
      ['approval-deadlines', 'overridden', 'provider'],
      ['dead-letters', 'retired', 'pack'],
      ['house-rule', 'overridden', 'provider'],
      ['late-share', 'own', 'own'],
    ],
  )
  assert.deepEqual(drifted?.differs[0]?.paths, [{ path: 'wait_s', inherited: 240, here: 5 }])
  // A key of the provider alone does not see the client.
  const key = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'msp', scopes: ['admin'], tenant_ids: [msp] },
  })
  const seen = await server.ask<RuleDrift>('GET', '/v1/rules/drift', { token: key.body.token })
  assert.deepEqual(seen.body.tenants, [])
  const engine = await effectiveRules(server.stores.postgres.db, verifiedTenant(client))
  assert.equal(engine.find((one) => one.rule.id === 'approval-deadlines')?.rule.wait_s, 5)
})

test('two who save at once make two versions, and none is lost', async () => {
  const tenant = await server.freshTenant()
  await Promise.all(Array.from({ length: 8 }, (_, at) => save(tenant, late({ wait_s: at }))))
  const { versions } = await ruleOf(tenant, 'late-share')
  assert.deepEqual(
    versions.map(({ version }) => version),
    [8, 7, 6, 5, 4, 3, 2, 1],
  )
})

test('what can never fire, names what there is not or has an unknown field is refused with the code and the reason', async () => {
  const tenant = await server.freshTenant()
  const refused = async (rule: object, expected: string, path = '/v1/rules') => {
    const { status, body } = await server.ask<Problem>('POST', path, { tenant, body: { rule } })
    assert.equal(status, 422, JSON.stringify(body))
    assert.equal(body.code, 'rule_invalid')
    assert.ok(
      body.problems?.some((one) => one.code === expected && one.level === 'error'),
      JSON.stringify(body),
    )
    assert.match(body.detail, new RegExp(expected, 'u'))
  }
  const threshold = (above: number) => ({ kind: 'kpi', kpi: 'late-payment', when: { kind: 'threshold', above } })
  await refused(late({ watch: threshold(1.5) }), 'rule_never_fires')
  await refused(late({ watch: threshold(-1) }), 'rule_never_resolves')
  await refused(late({ summary: '{nobody}' }), 'rule_template_field_unknown')
  await refused(late({ watch: { kind: 'clock', slas: ['none'] } }), 'rule_sla_unknown')
  // Nothing refuses a rule that is switched off: so one can always be.
  await save(tenant, late({ watch: threshold(1.5), enabled: false }))
  const lint = await post<AlertProblems>(tenant, '/v1/rules/lint', late({ watch: threshold(1.5) }), 200)
  assert.deepEqual(
    lint.problems.map(({ code: one, level }) => [one, level]),
    [
      ['rule_never_fires', 'error'],
      ['rule_inbox_only', 'warning'],
    ],
  )
  const invalid = await post<AlertProblems>(tenant, '/v1/rules/lint', { id: 'x' }, 200)
  assert.ok(invalid.problems.length > 0 && invalid.problems.every((one) => one.code === 'rule_invalid'))
  assert.equal((await server.ask('POST', '/v1/rules/none/retire', { tenant, body: {} })).status, 404)
  assert.equal((await server.ask('GET', '/v1/rules/none', { tenant })).status, 404)
  await save(tenant, late({ id: 'mine' }))
  const reset = await server.ask<Problem>('POST', '/v1/rules/mine/reset', { tenant, body: {} })
  assert.deepEqual([reset.status, reset.body.code], [409, 'conflict'])
})

const ROUTING = {
  routes: [
    { class: 'technical', parties: ['on-call'] },
    { severity_from: 'high', where: { entity: ['FR01', 'DE01'] }, parties: ['payable', 'on-call'], continue: true },
    { parties: ['payable'] },
  ],
  parties: [
    { id: 'payable', title: 'Accounts payable', steps: [{ after_s: 0, to: [{ channel: 'mail' }] }] },
    { id: 'on-call', title: 'On call', steps: [{ after_s: 0, to: [{ rota: 'nights' }] }] },
  ],
  rotas: [
    { id: 'nights', title: 'Nights', zone: 'Europe/Berlin', people: [{ name: 'Ada', channel: 'mail' }], starts_on: '2026-01-05' },
  ],
}

async function channel(tenant: string): Promise<void> {
  await server.stores.postgres.db.insert(alertChannels).values({ tenantId: tenant, id: 'mail', title: 'Mail', kind: 'email' })
}

test('code that is read and applied again changes nothing, and in another tenant makes the same', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, '/v1/slas/pack', {})
  await channel(tenant)
  const { rule } = await ruleOf(tenant, 'invoice-deadlines')
  await save(tenant, { ...rule, repeat_s: null, where: { supplier: ['S-9'], entity: ['DE01'] } })
  await save(tenant, late({ where: { region: ['EU'], entity: ['DE01'] }, runbook: 'https://runbooks.example/late' }))
  await save(tenant, late({ id: 'gone' }))
  await post(tenant, '/v1/rules/gone/retire', {}, 200)
  await post(tenant, '/v1/rules/dead-letters/retire', {}, 200)
  const bare = await code(tenant)
  assert.match(bare, /^# routes:|^# routing:/mu, 'the routing that ships stands as a comment')
  await post(tenant, '/v1/routing', { routing: ROUTING })
  const text = await code(tenant)
  assert.match(text, /# pack: Invoices past their deadline\n {2}invoice-deadlines:\n {4}repeat_s: null/u)
  const again = await apply(tenant, text, { prune: true })
  assert.deepEqual([again.changes, again.unstated], [[], []])
  assert.equal(await code(tenant), text)
  const other = await server.freshTenant()
  await post(other, '/v1/slas/pack', {})
  await channel(other)
  const moved = await apply(other, text)
  assert.deepEqual(
    moved.changes.map(({ kind, what }) => `${kind} ${what}`),
    ['created override/invoice-deadlines', 'created retired/dead-letters', 'created routing', 'created rule/late-share'],
  )
  assert.equal((await code(other)).replaceAll(other, tenant), text)
})

test('a dry run tells what would change as diffs, and pruning takes away what is not stated', async () => {
  const tenant = await server.freshTenant()
  await save(tenant, late())
  await save(tenant, late({ id: 'second' }))
  const text = (await code(tenant))
    .replace('title: Too many late payments', 'title: Too many, far too late')
    .replace(/ {2}- id: second[^]*?(?=^\S)/mu, '')
  const dry = await post<CodeApplied>(tenant, '/v1/rules/code', { code: text, prune: true }, 200)
  assert.equal(dry.dry_run, true)
  assert.deepEqual(
    dry.changes.map(({ kind, what }) => `${kind} ${what}`),
    ['changed rule/late-share', 'removed rule/second'],
  )
  assert.match(
    dry.changes[0]?.diff ?? '',
    /^--- a\/rule\/late-share\n\+\+\+ b\/rule\/late-share\n@@ .*\n id: late-share\n-title: Too many late payments\n\+title: Too many, far too late\n/mu,
  )
  assert.equal((await ruleOf(tenant, 'second')).state, 'active', 'nothing happened')
  const kept = await apply(tenant, text)
  assert.deepEqual([kept.changes.map(({ what }) => what), kept.unstated], [['rule/late-share'], ['rule/second']])
  assert.equal((await ruleOf(tenant, 'second')).state, 'active')
  await apply(tenant, text, { prune: true })
  assert.equal((await ruleOf(tenant, 'second')).state, 'retired')
})

test('code is applied whole or not at all, and what cannot be read is told by its place', async () => {
  const tenant = await server.freshTenant()
  const good = `rules:\n  - id: good\n    title: Good\n    class: technical\n    watch: { kind: source }\n`
  const refused = async (text: string, pattern: RegExp) => {
    const { status, body } = await server.ask<Problem>('POST', '/v1/rules/code', { tenant, body: { code: text, dry_run: false } })
    assert.deepEqual(
      [status, body.code],
      [422, body.code === 'routing_invalid' ? body.code : 'rule_invalid'],
      JSON.stringify(body),
    )
    assert.match(body.detail, pattern)
  }
  await refused(
    `${good}  - id: bad\n    title: Bad\n    class: technical\n    watch: { kind: source }\n    summary: '{foo}'\n`,
    /bad: .*\{foo\}/u,
  )
  await refused(`${good}overrides:\n  none: { severity: low }\n`, /none/u)
  await refused(`${good}retired: [none]\n`, /none/u)
  await refused(`${good}overrides:\n  dead-letters: { severity: blue }\n`, /severity/u)
  await refused(`${good}routing: { routes: [{ parties: [nobody] }], parties: [] }\n`, /nobody/u)
  await refused('rules:\n  - id: [', /line 2/u)
  await refused('rulez: []', /rulez/u)
  await refused(
    `${good}  - id: good\n    title: Good\n    class: technical\n    watch: { kind: source }\n`,
    /good: is stated more than once/u,
  )
  assert.equal(
    (await rules(tenant)).some(({ id }) => id === 'good'),
    false,
  )
  assert.equal((await apply(tenant, good)).changes.length, 1)
})

test('by command: rules are got, compared, applied and imported', async () => {
  const tenant = await server.freshTenant()
  const other = await server.freshTenant()
  const remote = ['--tenant', tenant, '--url', server.url, '--key', server.token]
  const file = join(folder, 'rules.yaml')
  await writeFile(
    file,
    'rules:\n  - id: silent-erp\n    title: ERP is silent\n    class: technical\n    watch: { kind: source, sources: [/erp] }\n',
  )
  const compared = await sightline('rules', 'diff', file, ...remote)
  assert.match(compared.out, /^\+\+\+ b\/rule\/silent-erp$/mu)
  assert.match(
    compared.out,
    /warning: No source "\/erp" was heard of so far\. \(rule_source_unknown\)\n[^]*1 change would be made\./u,
  )
  assert.equal(compared.code, 1)
  assert.match((await sightline('rules', 'apply', file, '--note', 'first', ...remote)).out, /1 change made\.$/mu)
  const prometheus = join(folder, 'prometheus.yaml')
  const groups = [
    {
      name: 'g',
      rules: [
        { alert: 'ErpDown', expr: 'up{job="erp"} == 0', for: '5m' },
        { alert: 'Cpu', expr: 'cpu > 1' },
      ],
    },
  ]
  await writeFile(prometheus, JSON.stringify({ groups }))
  const [got, imported] = await Promise.all([
    sightline('rules', 'get', ...remote),
    sightline('rules', 'import', prometheus, '--format', 'prometheus', '--tenant', other, ...remote.slice(2)),
  ])
  assert.equal(got.out, await code(tenant))
  assert.equal(imported.out, 'taken   g/ErpDown\nnot     g/Cpu: "cpu" is no figure of ours\n')
  assert.equal((await ruleOf(other, 'erp-down')).rule.for_s, 300)
})

test('an import keeps what is sound, and names what is not', async () => {
  const tenant = await server.freshTenant()
  await post(tenant, '/v1/slas/pack', {})
  const text = `groups:
  - name: kpis
    rules:
      - alert: LateShare
        expr: sightline_kpi_late_payment{entity="DE01"} > 0.2
        labels: { severity: page }
      - alert: Never
        expr: sightline_kpi_late_payment > 1.5
`
  const dry = await post<RulesImported>(tenant, '/v1/rules/import', { text, format: 'prometheus' }, 200)
  assert.deepEqual(
    dry.report.map(({ name, outcome, rule }) => [name, outcome, rule]),
    [
      ['kpis/LateShare', 'taken', 'late-share'],
      ['kpis/Never', 'not', undefined],
    ],
  )
  assert.match(dry.report[1]?.reason ?? '', /rule_never_fires/u)
  assert.equal(
    (await rules(tenant)).some(({ id }) => id === 'late-share'),
    false,
  )
  await post(tenant, '/v1/rules/import', { text, format: 'prometheus', dry_run: false }, 200)
  const { rule, versions } = await ruleOf(tenant, 'late-share')
  assert.deepEqual(
    [rule.severity, rule.where, versions[0]?.note],
    ['critical', { entity: ['DE01'] }, 'Imported from Prometheus.'],
  )
})

test('rules of a tenant are its own: another neither sees nor changes them', async () => {
  const [mine, theirs] = [await server.freshTenant(), await server.freshTenant()]
  await save(theirs, late({ title: 'Theirs' }))
  const key = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'mine', scopes: ['admin'], tenant_ids: [mine] },
  })
  const { token } = key.body
  assert.equal((await server.ask('GET', '/v1/rules/late-share', { token })).status, 404)
  assert.equal((await server.ask('POST', '/v1/rules/late-share/retire', { token, body: {} })).status, 404)
  assert.equal((await server.ask('GET', '/v1/rules', { token, tenant: theirs })).status, 403)
  assert.ok(!(await server.ask<string>('GET', '/v1/rules/code', { token })).body.includes('Theirs'))
  const reader = await server.ask<{ token: string }>('POST', '/v1/keys', {
    body: { name: 'r', scopes: ['read'], tenant_ids: [mine] },
  })
  const refused = await server.ask('POST', '/v1/rules', { token: reader.body.token, body: { rule: late() } })
  assert.equal(refused.status, 403)
})

function sightline(...args: string[]): Promise<{ out: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL('../cli/main.ts', import.meta.url).pathname, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ out, code }))
  })
}

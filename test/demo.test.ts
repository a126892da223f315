import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { liveTraffic } from '../demo/live.ts'
import type { DemoEvent } from '../demo/recorder.ts'
import { simulateChunks, simulateHistory, simulateTruth } from '../demo/simulate.ts'
import { storiesAround } from '../demo/stories.ts'
import { DEMO_TENANTS } from '../demo/tenants.ts'
import { chargeIntervals, type Blocker, type TruthDocument } from '../demo/truth.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400_000
const HOUR = 3_600_000
const SMALL = { seed: 7, now: NOW, scale: 0.12 }

function digest(options: { seed: number; now: number; scale?: number; anchor?: number }): string {
  const hash = createHash('sha256')
  for (const { tenant, event } of simulateHistory(options)) hash.update(`${tenant}${JSON.stringify(event)}\n`)
  for (const document of simulateTruth(options)) hash.update(JSON.stringify(document))
  return hash.digest('hex')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function sorted(values: readonly string[]): string[] {
  return values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Compares lists of lines without printing them whole. */
function sameLines(actual: readonly string[], expected: readonly string[]): void {
  const at = actual.findIndex((line, index) => line !== expected[index])
  assert.equal(actual[at], expected[at], `line ${at}`)
  assert.equal(actual.length, expected.length)
}

function within(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what}: ${value} is not in ${low} … ${high}`)
}

/** Milliseconds between two activities of the documents that reached both. */
function waits(documents: readonly TruthDocument[], type: string, from: string, to: string): number[] {
  return documents.flatMap((one) => {
    const [start, end] = [one.milestones[from], one.milestones[to]]
    return one.type !== type || start === undefined || end === undefined ? [] : [Date.parse(end) - Date.parse(start)]
  })
}

const TYPE = /^(?:[a-z_]+\.)?[a-z_]+$/u
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u
const DETAILS = new Set([
  'seq',
  'objects',
  'system',
  'system_class',
  'lifecycle',
  'completes',
  'step',
  'waits_on',
  'actor',
  'workflow_run',
  'outcome',
  'exception',
  'operation',
  'policy',
  'money',
  'line',
  'due_at',
  'terms',
  'ai',
  'object_attributes',
  'attributes',
])
const CURRENCIES = new Set(['EUR', 'USD', 'GBP', 'PLN', 'MXN'])

function checkShape(event: DemoEvent): void {
  assert.equal(event.specversion, '1.0')
  assert.match(event.type, TYPE)
  assert.match(event.time, ISO)
  assert.match(event.source, /^\/[a-z]+\/[a-z0-9-]+$/u)
  assert.ok(event.id.length > 0 && event.subject.length > 0)
  if (event.traceparent !== undefined) assert.match(event.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/u)
  const { data } = event
  for (const key of Object.keys(data)) assert.ok(DETAILS.has(key), key)
  assert.ok(Number.isSafeInteger(data.seq) && data.seq >= 0)
  assert.ok(data.objects.length > 0 && data.objects.every((one) => one.type !== '' && one.id !== ''))
  assert.equal(new Set(data.objects.map((one) => `${one.type}/${one.id}`)).size, data.objects.length, 'an object twice')
  if (data.actor !== undefined) assert.ok(['human', 'system', 'ai_agent'].includes(data.actor.kind) && data.actor.id !== '')
  if (data.money !== undefined) {
    assert.match(data.money.amount, /^\d+\.\d\d$/u)
    assert.ok(CURRENCIES.has(data.money.currency))
  }
  if (data.outcome !== undefined) assert.ok(['ok', 'rejected', 'failed', 'timeout', 'cancelled'].includes(data.outcome.status))
  if (data.exception !== undefined) assert.ok(['raised', 'assigned', 'resolved'].includes(data.exception.state))
  if (data.operation !== undefined) assert.ok(data.operation.attempt >= 1 && event.traceparent !== undefined)
  if (data.ai !== undefined) assert.ok(data.ai.confidence > 0 && data.ai.confidence < 1)
  if (data.due_at !== undefined) assert.equal(event.type, 'invoice.received', 'only the invoice says when it is due')
  if (event.type.startsWith('ai.')) assert.ok(data.ai !== undefined)
  if (event.type === 'approval.requested') assert.ok(data.waits_on?.kind === 'person' && data.objects[0]?.type === 'approval')
  if (event.type === 'po.created') assert.ok(data.objects.some((one) => one.type === 'supplier'))
}

test('the same seed gives the same bytes, another seed others', () => {
  const first = digest(SMALL)
  assert.equal(digest(SMALL), first)
  assert.notEqual(digest({ ...SMALL, seed: 8 }), first)
})

test('half a year of history has the promised size and mix, with figures near the published ones', () => {
  const events = new Map<string, number>()
  const documents: TruthDocument[] = []
  const touched = new Set<string>()
  const posted = new Set<string>()
  for (const chunk of simulateChunks({ seed: 1, now: NOW })) {
    events.set(chunk.tenant, (events.get(chunk.tenant) ?? 0) + chunk.events.length)
    documents.push(...chunk.truth())
    for (const event of chunk.events)
      for (const one of event.data.objects) {
        const id = `${chunk.tenant}/${one.id}`
        if (one.type !== 'invoice' || posted.has(id)) continue
        if (event.data.actor?.kind === 'human') touched.add(id)
        if (event.type === 'invoice.posted') posted.add(id)
      }
  }
  const total = [...events.values()].reduce((sum, count) => sum + count, 0)
  within(total, 500_000, 570_000, 'events')
  within(documents.length, 30_000, 90_000, 'documents')
  within((events.get('kestrel') ?? 0) / total, 0.5, 0.6, 'share of kestrel')
  within((events.get('aurelia') ?? 0) / total, 0.16, 0.24, 'share of aurelia')
  assert.equal(events.get('northbridge'), undefined)
  assert.equal(events.size, DEMO_TENANTS.length - 1)

  const finished = documents.filter((one) => Date.parse(one.last_at) <= NOW)
  const invoices = documents.filter(
    (one) => one.type === 'invoice' && (one.milestones['invoice.posted'] ?? one.last_at) <= new Date(NOW).toISOString(),
  )
  const share = (list: readonly TruthDocument[], holds: (one: TruthDocument) => boolean): number =>
    list.filter(holds).length / list.length
  within(
    share(invoices, (one) => one.exceptions.some((exception) => exception.class === 'business')),
    0.16,
    0.24,
    'exception rate',
  )
  within(
    share(invoices, (one) => one.milestones['invoice.blocked'] !== undefined),
    0.19,
    0.25,
    'payment blocks',
  )
  const matched = invoices.filter((one) => one.milestones['invoice.match_started'] !== undefined)
  within(
    share(matched, (one) => one.milestones['invoice.mismatched'] === undefined),
    0.8,
    0.87,
    'first-time match',
  )
  within(1 - [...posted].filter((id) => touched.has(id)).length / posted.size, 0.2, 0.32, 'touchless')
  within(
    share(invoices, (one) => one.path === undefined),
    0.08,
    0.15,
    'invoices without an order',
  )
  const paid = finished.filter((one) => one.type === 'invoice' && one.paid_at !== undefined)
  within(
    share(paid, (one) => one.late === true),
    0.06,
    0.14,
    'late payments',
  )
  const orders = documents.filter((one) => one.type === 'purchase_order')
  within(
    share(orders, (one) => one.path === 'three_way_before'),
    0.85,
    0.9,
    'three-way before receipt',
  )
  within(
    share(orders, (one) => one.path === 'three_way_after'),
    0.05,
    0.08,
    'three-way after receipt',
  )
  within(
    share(orders, (one) => one.path === 'consignment'),
    0.04,
    0.07,
    'consignment',
  )
  within(
    share(orders, (one) => one.path === 'two_way'),
    0.002,
    0.009,
    'two-way',
  )
  const exceptions = documents.flatMap((one) => one.exceptions)
  within(exceptions.filter((one) => one.class === 'unknown').length / exceptions.length, 0.002, 0.02, 'unclassified')

  within(
    median(waits(documents, 'requisition', 'requisition.submitted', 'po.released')) / HOUR,
    14,
    48,
    'requisition to order, h',
  )
  within(median(waits(documents, 'onboarding', 'onboarding.requested', 'onboarding.transactable')) / DAY, 18, 36, 'onboarding, d')
  const cycle = waits(documents, 'invoice', 'invoice.received', 'payment.proposed')
  within(cycle.reduce((sum, one) => sum + one, 0) / cycle.length / DAY, 6, 10, 'invoice cycle, mean d')
  const created = new Map(orders.map((one) => [`${one.tenant}/${one.id.slice(3)}`, Date.parse(one.first_at)]))
  const cleared = paid.flatMap((one) => {
    const start = created.get(`${one.tenant}/${one.id.slice(4).replace(/-\d+$/u, '')}`)
    return start === undefined || start > NOW - 130 * DAY ? [] : [(Date.parse(one.paid_at ?? '') - start) / DAY]
  })
  within(median(cleared), 58, 80, 'order to clearing, d')
})

test('every event is whole: ids, times, objects, money, order within a document', () => {
  const ids = new Set<string>()
  let earliest = '9'
  for (const chunk of simulateChunks(SMALL)) {
    const last = new Map<string, number>()
    for (const event of chunk.events) {
      checkShape(event)
      assert.ok(Date.parse(event.time) <= NOW, 'an event of the future')
      const id = `${chunk.tenant} ${event.source} ${event.id}`
      assert.ok(!ids.has(id), `id twice: ${id}`)
      ids.add(id)
      if (event.time < earliest) earliest = event.time
      if (event.data.objects.some((one) => one.type === 'workflow_run')) continue
      for (const one of event.data.objects) {
        const key = `${one.type}/${one.id}`
        assert.ok(event.data.seq > (last.get(key) ?? -1), `${key} runs backwards`)
        last.set(key, event.data.seq)
      }
    }
  }
  within((NOW - Date.parse(earliest)) / DAY, 180, 400, 'days of history')
})

test('the truth agrees with the events: exceptions, operations, violations, milestones, and a cause for every instant', () => {
  let compared = 0
  for (const chunk of simulateChunks(SMALL)) {
    const timelines = new Map<string, DemoEvent[]>()
    for (const event of chunk.events)
      for (const one of event.data.objects) {
        const key = `${one.type}/${one.id}`
        const timeline = timelines.get(key)
        if (timeline === undefined) timelines.set(key, [event])
        else timeline.push(event)
      }
    for (const document of chunk.truth()) {
      assert.equal(document.tenant, chunk.tenant)
      let at = document.first_at
      for (const interval of document.intervals) {
        assert.equal(interval.from, at, `${document.id}: a gap or an overlap`)
        assert.ok(interval.to > interval.from)
        at = interval.to
      }
      if (document.first_at !== document.last_at) assert.equal(at, document.last_at, document.id)
      if (document.late !== undefined) assert.equal(document.late, (document.paid_at ?? '') > (document.due_at ?? ''))
      if (Date.parse(document.last_at) > NOW) continue
      compared++
      const timeline = timelines.get(`${document.type}/${document.id}`) ?? []
      assert.equal(timeline[0]?.time, document.first_at)
      assert.equal(timeline.at(-1)?.time, document.last_at)
      for (const [activity, time] of Object.entries(document.milestones))
        assert.equal(timeline.find((event) => event.type === activity)?.time, time, `${document.type} ${document.id} ${activity}`)
      const raised = timeline.filter((event) => event.type === 'exception.raised' && event.subject === document.id)
      assert.deepEqual(
        sorted(raised.map((event) => event.data.exception?.id ?? '')),
        sorted(document.exceptions.map((one) => one.id)),
      )
      for (const exception of document.exceptions) {
        const own = timeline.filter((event) => event.data.exception?.id === exception.id)
        assert.equal(own[0]?.time, exception.raised)
        assert.equal(own[0]?.data.outcome?.code, exception.code)
        assert.equal(own.at(-1)?.time, exception.resolved)
        assert.equal(own.at(-1)?.type, 'exception.resolved')
        assert.equal(own[0]?.data.exception?.caused_by ?? undefined, exception.caused_by)
      }
      const violated = timeline.filter((event) => event.type === 'policy.violated' && event.subject === document.id)
      assert.deepEqual(
        sorted(violated.map((event) => event.data.policy?.id ?? '')),
        sorted(document.violations.filter((one) => one.reported).map((one) => one.policy)),
      )
      for (const operation of document.operations) {
        const own = timeline.filter((event) => event.data.operation?.id === operation.id)
        assert.equal(Math.max(...own.map((event) => event.data.operation?.attempt ?? 0)), operation.attempts)
        assert.equal(own.at(-1)?.type, `operation.${operation.final}`)
        assert.equal(
          operation.class === 'none',
          own.every((event) => event.type === 'operation.succeeded'),
        )
      }
    }
  }
  assert.ok(compared > 4000, `${compared} documents compared`)
})

test('every wait that is opened ends with an event of the same step', () => {
  for (const chunk of simulateChunks({ ...SMALL, seed: 3, scale: 0.05 })) {
    const whole = new Map(chunk.truth().map((one) => [`${one.type}/${one.id}`, one]))
    for (const [index, event] of chunk.events.entries()) {
      const wait = event.data.waits_on
      if (wait === undefined) continue
      for (const one of event.data.objects) {
        const document = whole.get(`${one.type}/${one.id}`)
        if (document === undefined || Date.parse(document.last_at) > NOW) continue
        const end = chunk.events
          .slice(index + 1)
          .find((later) => later.data.step === wait.step && later.data.objects.some((other) => other.id === one.id))
        assert.ok(end !== undefined, `${one.id} waits for ${wait.step} for ever`)
      }
    }
  }
})

test('the planted stories show in documents, at their times', () => {
  const documents = [...simulateTruth({ seed: 1, now: NOW })]
  const stories = storiesAround(NOW)
  for (const story of stories) {
    assert.ok(story.from < NOW && story.to > story.from, story.id)
    const hit = documents.filter((one) => one.incidents.includes(story.id))
    if (story.id !== 'expired-credential-live')
      assert.ok(
        hit.some((one) => one.type !== 'connector'),
        `${story.id} touches no document`,
      )
    assert.ok(
      hit.every((one) => story.tenants.includes(one.tenant)),
      story.id,
    )
  }
  const of = (id: string) => documents.filter((one) => one.incidents.includes(id))
  const outage = of('sap-eu-outage').flatMap((one) => one.operations.filter((operation) => operation.class === 'technical'))
  assert.ok(outage.length > 40)
  assert.ok(outage.some((one) => one.final === 'succeeded') && outage.some((one) => one.final === 'abandoned'))
  assert.ok(of('silent-receipt-feed').some((one) => one.exceptions.some((exception) => exception.category === 'silence')))
  assert.ok(of('ai-overstep').every((one) => one.violations.some((violation) => violation.policy === 'ai-human-decision')))
  assert.ok(of('approver-holiday').some((one) => one.exceptions.some((exception) => exception.code === 'APPROVAL_STALLED')))
  assert.ok(
    of('supplier-risk').some((one) => one.milestones['po.paused'] !== undefined && one.milestones['po.resumed'] !== undefined),
  )
  assert.ok(of('field-map-change').some((one) => one.operations.some((operation) => operation.category === 'schema_mapping')))
  assert.ok(of('expired-credential').some((one) => one.operations.some((operation) => operation.category === 'auth')))
})

test('live traffic continues the history without a gap or a repeat, however often it is asked and restarted', () => {
  const later = NOW + 9 * HOUR
  const line = ({ tenant, event }: { tenant: string; event: DemoEvent }): string => `${tenant} ${JSON.stringify(event)}`
  const business = (one: { event: DemoEvent }): boolean => !one.event.type.startsWith('workflow_run.')
  const ticking = liveTraffic(SMALL)
  const ticked: string[] = []
  for (let until = NOW; until < later;) {
    until = Math.min(later, until + 47 * 60_000)
    ticked.push(...ticking.next(until).map(line))
  }
  const atOnce = liveTraffic(SMALL).next(later)
  sameLines(ticked, atOnce.map(line))
  assert.ok(atOnce.length > 1000)
  const times = atOnce.map((one) => one.event.time)
  sameLines(times, sorted(times))
  const middle = NOW + 4 * HOUR
  const restarted = liveTraffic({ ...SMALL, now: later, anchor: NOW, since: middle }).next(later)
  sameLines(restarted.map(line), atOnce.filter((one) => Date.parse(one.event.time) > middle).map(line))
  const before = [...simulateHistory(SMALL)].filter(business).map(line)
  const after = [...simulateHistory({ ...SMALL, now: later, anchor: NOW })].filter(business).map(line)
  sameLines(sorted(after), sorted([...before, ...atOnce.filter(business).map(line)]))
})

test('time is charged to the blocker that was released last', () => {
  const block = (from: number, to: number, cause: Blocker['cause']): Blocker => ({ from, to, cause, holder: '', step: '' })
  const sums = (last: number, blockers: readonly Blocker[]): Record<string, number> => {
    const charged: Record<string, number> = {}
    for (const one of chargeIntervals(0, last, blockers)) charged[one.cause] = (charged[one.cause] ?? 0) + one.to - one.from
    return charged
  }
  assert.deepEqual(sums(100, []), { queue: 100 })
  assert.deepEqual(sums(54, [block(0, 54, 'person'), block(0, 24, 'technical')]), { person: 54 })
  assert.deepEqual(sums(72, [block(0, 54, 'person'), block(0, 72, 'technical')]), { technical: 72 })
  assert.deepEqual(sums(100, [block(10, 40, 'supplier'), block(30, 60, 'business_exception'), block(0, 100, 'touch')]), {
    touch: 50,
    supplier: 20,
    business_exception: 30,
  })
})

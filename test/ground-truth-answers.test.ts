import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import type { ProcessSummary, ProcessVariants, ProcessWaits } from '../api/contract/process.ts'
import type { Clocks, Slas } from '../api/contract/slas.ts'
import { instantFromIso } from '../model/instant.ts'
import { load, sameSpread, skip, type Spread, truth, view } from './support/ground-truth.ts'
import { sharedServer } from './support/server.ts'

const server = await sharedServer()
after(() => server.close())

/** Longer than anything lasts: what a clock is then is how long it ran. */
const ENDLESS = { kind: 'elapsed', seconds: 5 * 365 * 86_400 }
const YEARS = 'from=2015-01-01&to=2020-01-01'

for (const file of ['PurchasingExample.csv.gz', 'PurchasingExample-disco.csv.gz'])
  test(
    `purchasing example (${file}): waiting time is what lies between the end of one step and the start of the next`,
    { skip },
    async () => {
      const expected = truth<{ waiting_prev_end_to_next_start: Spread; negative_gaps: number }>(
        'purchasing-example/ground-truth.json',
      )
      const tenant = await load(server, `purchasing-example/${file}`)
      const { all, groups } = await view<ProcessWaits>(server, tenant, '/v1/process/case/waits')
      sameSpread(all, expected.waiting_prev_end_to_next_start, 'waiting')
      assert.equal(all.overlaps, expected.negative_gaps)
      assert.equal(
        groups.reduce((sum, { n }) => sum + n, 0),
        all.n,
      )
    },
  )

type Approvals = {
  cases_with_a_rejection: number
  rejection_events: number
  rejections_by_activity: Record<string, number>
  cases_submitted_more_than_once: number
  submitted_to_last_final_approval: Spread
  request_payment_to_payment_handled: Spread
  cases_without_payment_handled: number
  wait_before_decision_by_role: Record<string, Spread>
}

for (const [log, submission, approval] of [
  ['DomesticDeclarations', 'Declaration SUBMITTED by EMPLOYEE', 'Declaration FINAL_APPROVED by'],
  ['PrepaidTravelCost', 'Request For Payment SUBMITTED by EMPLOYEE', 'Request For Payment FINAL_APPROVED by'],
] as const)
  test(`approval log ${log}: rejections, approval times, payment times and waits for each role`, { skip }, async (t) => {
    const expected = truth<{ approvals: Record<string, Approvals> }>('bpic2020/ground-truth.json').approvals[log]
    assert.ok(expected !== undefined)
    const tenant = await load(server, { file: `bpic2020/${log}.xes.gz`, mapping: 'approval-log' })
    const path = '/v1/process/requisition'
    const [summary, variants, byActor, byActivity] = await Promise.all([
      view<ProcessSummary>(server, tenant, `${path}/summary?names=source`),
      view<ProcessVariants>(server, tenant, `${path}/variants?names=source&limit=1000`),
      view<ProcessWaits>(server, tenant, `${path}/waits?by=actor`),
      view<ProcessWaits>(server, tenant, `${path}/waits?names=source`),
    ])
    const counts = new Map(summary.activity_counts.map(({ activity, count }) => [activity, count]))
    const rejections = summary.activity_counts.filter(({ activity }) => activity.includes('REJECTED'))
    assert.deepEqual(
      Object.fromEntries(rejections.map(({ activity, count }) => [activity, count])),
      expected.rejections_by_activity,
    )
    const cases = (holds: (activities: string[]) => boolean) =>
      variants.variants.filter(({ activities }) => holds(activities)).reduce((sum, { count }) => sum + count, 0)
    assert.deepEqual(
      {
        rejections: rejections.reduce((sum, { count }) => sum + count, 0),
        rejected: cases((activities) => activities.some((activity) => activity.includes('REJECTED'))),
        again: cases((activities) => activities.filter((activity) => activity === submission).length > 1),
        unpaid: summary.objects - cases((activities) => activities.includes('Payment Handled')),
      },
      {
        rejections: expected.rejection_events,
        rejected: expected.cases_with_a_rejection,
        again: expected.cases_submitted_more_than_once,
        unpaid: expected.cases_without_payment_handled,
      },
    )
    const waits = new Map(byActor.groups.map((group) => [group.waited_for, group]))
    for (const [role, spread] of Object.entries(expected.wait_before_decision_by_role)) {
      const decided = byActivity.groups.filter(({ waited_for }) => waited_for.includes('REJECTED') && waited_for.endsWith(role))
      const group = role === 'EMPLOYEE' || role === 'MISSING' ? (decided.length === 1 ? decided[0] : undefined) : waits.get(role)
      if (group !== undefined) sameSpread(group, spread, role)
      else t.diagnostic(`${role}: decides with ${decided.length} activities, which no one group of waits holds`)
    }
    const clocks = {
      approval: {
        start: [{ activity: 'requisition.submitted' }],
        stop: [{ activity: 'requisition.approved' }],
        stops_at: 'last',
      },
      payment: { start: [{ activity: 'payment.proposed' }], stop: [{ activity: 'payment.cleared' }] },
    }
    for (const [id, clock] of Object.entries(clocks)) {
      const sla = { id, title: id, object_type: 'requisition', target: ENDLESS, ...clock }
      const { status, body } = await server.ask('POST', '/v1/slas', { tenant, body: sla })
      assert.equal(status, 201, JSON.stringify(body))
    }
    await server.derived(tenant)
    const { slas } = await view<Slas>(server, tenant, `/v1/slas?${YEARS}`)
    const met = Object.fromEntries(slas.map((sla) => [sla.id, sla.met]))
    assert.deepEqual(met, {
      approval: expected.submitted_to_last_final_approval.n,
      payment: expected.request_payment_to_payment_handled.n,
    })
    sameSpread(await lasted(tenant, 'approval'), expected.submitted_to_last_final_approval, 'submission to last approval')
    sameSpread(await lasted(tenant, 'payment'), expected.request_payment_to_payment_handled, 'request to payment')
    assert.ok([...counts.keys()].some((activity) => activity.startsWith(approval)))
  })

/** How long the clocks of a service level ran that ended, seconds. */
async function lasted(tenant: string, sla: string) {
  const seconds: number[] = []
  for (let after: number | null = 0; after !== null;) {
    const page: Clocks = await view(server, tenant, `/v1/slas/clocks?sla=${sla}&state=met&limit=1000&after=${after}&${YEARS}`)
    for (const { started_at, ended_at } of page.clocks)
      seconds.push(((instantFromIso(ended_at ?? '') ?? Number.NaN) - (instantFromIso(started_at) ?? Number.NaN)) / 1e6)
    after = page.next
  }
  seconds.sort((a, b) => a - b)
  const quantile = (share: number) => {
    const place = share * (seconds.length - 1)
    const [low = Number.NaN, high = low] = [seconds[Math.floor(place)], seconds[Math.ceil(place)]]
    return low + (high - low) * (place % 1)
  }
  return {
    n: seconds.length,
    min: quantile(0),
    median: quantile(0.5),
    p90: quantile(0.9),
    p95: quantile(0.95),
    max: quantile(1),
    mean: seconds.reduce((sum, one) => sum + one, 0) / seconds.length,
  }
}

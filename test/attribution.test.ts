import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { ALWAYS, Calendar, compile } from '../model/calendar.ts'
import { attribute, chargedByCause, type DelayContext, type DocumentDelay } from '../model/delays/attribution.ts'
import { type Instant, instantFromIso } from '../model/instant.ts'
import type { Timeline } from '../model/timeline.ts'
import { rootSystems, timelinesOf } from './support/timelines.ts'

const FOLDER = new URL('attribution/', import.meta.url)
const HOUR = 3_600_000_000

type Case = {
  why: string
  document: string
  now?: string
  windows?: { id: string; system: string; from: string; to: string }[]
  calls?: { id: string; started: string; ended: string; system: string; operation: string; status: string; class: string }[]
  calendars?: Record<string, '24x7'>
  finished: boolean
  provisional: boolean
  /** Working and off hours by cause; causes without time are left out. */
  hours: Record<string, [number, number]>
  shared: Record<string, number>
  holders?: Record<string, number>
  systems?: Record<string, number>
  late_because?: string[][]
}

const at = (text: string): Instant => {
  const instant = instantFromIso(text)
  assert.notEqual(instant, null, text)
  return instant ?? 0
}
const day = [{ from: '09:00', to: '17:00' }]
const [FROM, TO] = [at('2026-02-01T00:00:00Z'), at('2026-04-01T00:00:00Z')]
const OFFICE = compile(
  Calendar.parse({ name: 'office', zone: 'UTC', week: { mon: day, tue: day, wed: day, thu: day, fri: day } }),
  FROM,
  TO,
)
const ROUND_THE_CLOCK = compile(ALWAYS, FROM, TO)

const hours = (us: number): number => Math.round((us / HOUR) * 1e6) / 1e6

function sums(entries: Iterable<[string, number]>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [name, us] of entries) if (us > 0) found[name] = (found[name] ?? 0) + us
  return Object.fromEntries(Object.entries(found).map(([name, us]) => [name, hours(us)]))
}

function delayOf(name: string): { expected: Case; delay: DocumentDelay } {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, FOLDER), 'utf8')) as Case
  const lines = readFileSync(new URL(`${name}/events.jsonl`, FOLDER), 'utf8')
    .trim()
    .split('\n')
  const timelines = timelinesOf(
    't',
    lines.map((line) => JSON.parse(line) as unknown),
    at('2026-03-20T00:00:00Z'),
  )
  const timeline = timelines.get(expected.document)
  assert.ok(timeline, expected.document)
  const calls = (expected.calls ?? []).map(({ id, started, ended, ...call }) => ({
    ...call,
    call_id: id,
    category: '',
    started_at: at(started),
    ended_at: at(ended),
  }))
  const systems = rootSystems(timelines.values())
  const context: DelayContext = {
    calendarOf: (_party, id) => (expected.calendars?.[id] === '24x7' ? ROUND_THE_CLOCK : OFFICE),
    rootSystem: (id) => systems.get(id) ?? '',
    windows: (expected.windows ?? []).map(({ from, to, ...window }) => ({ ...window, from: at(from), to: at(to) })),
  }
  const whole: Timeline = { ...timeline, calls }
  const delay = attribute(whole, context, at(expected.now ?? '2026-03-15T00:00:00Z'))
  assert.ok(delay)
  return { expected, delay }
}

for (const name of readdirSync(FOLDER))
  test(`the time of a document is where it went: ${name.replaceAll('-', ' ')}`, () => {
    const { expected, delay } = delayOf(name)
    const charged = Object.entries(chargedByCause(delay.segments))
      .filter(([, { working_us, off_us }]) => working_us + off_us > 0)
      .map(([cause, { working_us, off_us }]) => [cause, [hours(working_us), hours(off_us)]])
    assert.deepEqual(Object.fromEntries(charged), expected.hours, expected.why)
    assert.deepEqual(sums(delay.shared_us), expected.shared)
    assert.equal(delay.finished, expected.finished, 'finished')
    assert.equal(delay.provisional, expected.provisional, 'provisional')
    const by = (nameOf: (segment: DocumentDelay['segments'][number]) => string) =>
      sums(delay.segments.filter((one) => nameOf(one) !== '').map((one) => [nameOf(one), one.to - one.from]))
    if (expected.holders !== undefined) {
      const people = by((one) => (one.party === 'person' && one.cause !== 'touch' ? one.holder : ''))
      assert.deepEqual(people, expected.holders)
    }
    if (expected.systems !== undefined)
      assert.deepEqual(
        by((one) => one.system),
        expected.systems,
      )
    if (expected.late_because !== undefined) assert.deepEqual(delay.late_because, expected.late_because)
  })

import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import test, { after } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { analyse, openImport } from '../ingest/import/import.ts'
import type { Finding } from '../ingest/import/quality/check.ts'
import { repairTime } from '../ingest/import/times.ts'

const DATA = join(import.meta.dirname, '../../shared/data')
const MISSING = 'the public logs are not here (../shared/data)'
const folder = mkdtempSync(join(tmpdir(), 'sightline-quality-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const clusters = (): string[] => globSync(join(DATA, 'bpic2019-clusters/*.xes.gz')).toSorted()

const swapText = (text: string): string =>
  text.replaceAll(/(\d{4})-(\d{2})-(\d{2})(?=T)/gu, (date, year: string, month: string, day: string) =>
    Number(day) <= 12 && Number(month) <= 12 ? `${year}-${day}-${month}` : date,
  )

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function csv(name: string, rows: readonly (readonly string[])[]): string {
  return file(name, ['case,activity,time', ...rows.map((row) => row.join(','))].join('\n'))
}

async function found(path: string, check: string, options = {}): Promise<Finding | undefined> {
  return (await analyse(path, options)).report.findings.find((finding) => finding.check === check)
}

async function times(path: string, repair?: string): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const { event } of openImport(path, { repair }).records()) all.push(event['time'])
  return all
}

test('every purchase-order log with day and month swapped is named, with evidence and a repair that restores every instant', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  for (const path of clusters()) {
    const original = gunzipSync(readFileSync(path)).toString()
    const swapped = file(basename(path), gzipSync(swapText(original), { level: 1 }))
    const finding = await found(swapped, 'day_month_swapped')
    assert.ok(finding, `${basename(path)} is not detected`)
    assert.equal(finding.severity, 'error')
    assert.equal(finding.repair?.id, 'swap-day-month')
    assert.ok(finding.evidence.length >= 5 && finding.evidence.some(({ object }) => object !== undefined))
    assert.match(finding.message, /Day and month have changed places/u)
    assert.match(finding.evidence[0]?.detail ?? '', /run backwards in file order as written, 0 %/u)
    assert.deepEqual(await times(swapped, 'swap-day-month'), await times(path))
    assert.equal(await found(swapped, 'day_month_swapped', { repair: 'swap-day-month' }), undefined)
  }
})

test('a swapped log is named even when it was put in order by the wrong times', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  for (const path of clusters()) {
    const rows: [string, string, string][] = []
    for await (const { event } of openImport(path).records()) {
      const data = event['data'] as { objects: { id: string }[]; activity: string }
      rows.push([data.objects[0]?.id ?? '', `"${data.activity}"`, repairTime(String(event['time']))])
    }
    const sorted = csv(
      'sorted.csv',
      rows.toSorted((a, b) => (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0)),
    )
    const { report } = await analyse(sorted)
    const checks = new Set(report.findings.map((finding) => finding.check))
    assert.ok(checks.has('day_month_swapped'), basename(path))
    assert.ok(!checks.has('runs_backwards'), basename(path))
  }
})

test('no untouched public log is called swapped, and none of their dates lie far outside', async (t) => {
  if (!existsSync(DATA)) return t.skip(MISSING)
  const logs = globSync(
    join(DATA, '{bpic,ocel,p2p,purchasing,receipt,samples}*/*.{xes,xes.gz,csv,csv.gz,jsonocel,xmlocel,sqlite,sqlite.gz}'),
  )
  assert.ok(logs.length > 25)
  const packs = [undefined, 'sap-purchase-order']
  for (const path of logs)
    for (const mapping of /bpic2019/u.test(path) ? packs : [undefined]) {
      const { report } = await analyse(path, { mapping })
      const checks = new Set(report.findings.map((finding) => finding.check))
      for (const check of ['day_month_swapped', 'local_time_as_utc', 'dates_far_outside', 'dates_isolated'])
        assert.ok(!checks.has(check), `${basename(path)}: ${check}`)
    }
})

test('a log whose dates follow no rule at all is not called swapped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 364 })), { minLength: 50, maxLength: 400 }),
      async (events) => {
        const path = csv(
          'random.csv',
          events.map(([id, day]) => [`c${id}`, 'step', new Date(Date.UTC(2023, 0, 1 + day, 9)).toISOString()]),
        )
        assert.equal(await found(path, 'day_month_swapped'), undefined)
      },
    ),
    { numRuns: 60, seed: 20261122 },
  )
})

test('the repair changes places on the text as written, not on the instant', () => {
  assert.equal(repairTime('2018-02-01T00:30:00.000+02:00'), '2018-01-02T00:30:00.000+02:00')
  assert.equal(repairTime('2018-01-13T10:00:00Z'), '2018-01-13T10:00:00Z')
  assert.equal(repairTime('05/03/2018 7:15 PM', 'month-first'), '2018-03-05T19:15:00')
  assert.equal(repairTime('no time'), 'no time')
})

const workday = (n: number): Date => {
  const date = new Date(Date.UTC(2023, 0, 2))
  for (let left = n; left > 0;) {
    date.setUTCDate(date.getUTCDate() + 1)
    if (date.getUTCDay() % 6 !== 0) left--
  }
  return date
}

/** A year of working days with events between eight and seventeen o'clock, written by `write`. */
function year(
  write: (day: Date, hour: number, minute: number) => string,
  skip: (day: Date) => boolean = () => false,
): string[][] {
  const rows: string[][] = []
  for (let n = 0; n < 255; n++) {
    const day = workday(n)
    if (skip(day)) continue
    for (let k = 0; k < 12; k++)
      rows.push([`c${n}-${k}`, k % 2 ? 'approve' : 'post', write(day, 8 + ((k * 7 + n) % 9), (k * 13 + n) % 60)])
  }
  return rows
}

const iso = (day: Date, hour: number, minute: number): string =>
  `${day.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00Z`

test('local time that says UTC is hinted at, true UTC is not', async () => {
  const hint = await found(csv('local.csv', year(iso)), 'local_time_as_utc')
  assert.equal(hint?.severity, 'info')
  assert.equal(hint?.evidence.length, 3)
  const summer = (day: Date): boolean => day.getUTCMonth() >= 3 && day.getUTCMonth() <= 9
  const utc = year((day, hour, minute) => iso(day, hour - (summer(day) ? 2 : 1), minute))
  assert.equal(await found(csv('utc.csv', utc), 'local_time_as_utc'), undefined)
})

test('weeks without events are a gap, weekends are none', async () => {
  const hole = (day: Date): boolean => day.getUTCMonth() === 5 && day.getUTCDate() >= 12 && day.getUTCDate() <= 23
  const gap = await found(csv('gap.csv', year(iso, hole)), 'gaps')
  assert.match(gap?.evidence[0]?.detail ?? '', /2023-06-1\d to 2023-06-25/u)
  assert.equal(await found(csv('no-gap.csv', year(iso)), 'gaps'), undefined)
})

test('dates in 1948 and 2048, and one year mistyped, are named with the row', async () => {
  const rows = year(iso)
  const path = csv('far.csv', [
    ...rows,
    ['x', 'post', '1948-01-26T08:00:00Z'],
    ['y', 'post', '2048-03-01T08:00:00Z'],
    ['z', 'post', '2003-06-01T08:00:00Z'],
  ])
  const { report } = await analyse(path)
  const far = report.findings.find(({ check }) => check === 'dates_far_outside')
  assert.equal(far?.severity, 'error')
  assert.deepEqual(
    far?.evidence.map(({ object, ordinal }) => [object, ordinal]),
    [
      ['case/x', rows.length],
      ['case/y', rows.length + 1],
    ],
  )
  assert.deepEqual(
    report.findings.find(({ check }) => check === 'dates_isolated')?.evidence.map(({ object }) => object),
    ['case/z'],
  )
})

test('objects that run backwards are counted in file order, a file in no order is only remarked on', async () => {
  const forward = Array.from({ length: 40 }, (_, i) => [
    `c${i % 10}`,
    'step',
    `2024-01-${String(1 + Math.floor(i / 2)).padStart(2, '0')}T08:00:00Z`,
  ])
  assert.equal(await found(csv('forward.csv', forward), 'runs_backwards'), undefined)
  const one = await found(csv('one.csv', [...forward, ['c3', 'undo', '2024-01-02T07:00:00Z']]), 'runs_backwards')
  assert.deepEqual([one?.count, one?.of, one?.severity, one?.evidence[0]?.ordinal], [1, 10, 'warning', 40])
  assert.equal((await found(csv('turned.csv', forward.toReversed()), 'runs_backwards'))?.severity, 'info')
})

test('duplicates, spelling, missing zones and dates without a time are told apart', async () => {
  const rows: string[][] = []
  for (let i = 0; i < 30; i++) {
    const day = `2024-01-${String(1 + i).padStart(2, '0')}`
    rows.push([`c${i}`, 'Create Order', `${day} 00:00:00`], [`c${i}`, 'Approve Purchase Order', `${day} 09:${10 + i}:00`])
  }
  rows.push(
    ['c1', 'create order', '2024-01-02 11:00:00'],
    ['c1', 'Aprove Purchase Order', '2024-01-02 12:00:00'],
    ['c1', 'T07-1 Draft advice', '2024-01-02 12:30:00'],
  )
  rows.push(['c1', 'T07-2 Draft advice', '2024-01-02 12:40:00'], ['c1', 'T07-2 Draft advice', '2024-01-02 12:40:00'])
  const { report } = await analyse(csv('mixed.csv', rows))
  const of = (check: string): Finding | undefined => report.findings.find((finding) => finding.check === check)
  assert.deepEqual([of('duplicate_events')?.count, of('duplicate_events')?.evidence[0]?.ordinal], [1, 64])
  assert.deepEqual(
    of('spelling')
      ?.evidence.map(({ detail }) => detail)
      .toSorted(),
    ['"Aprove Purchase Order" (1) beside "Approve Purchase Order"', '"create order" (1) beside "Create Order"'],
  )
  assert.equal(of('no_zone')?.count, rows.length)
  assert.equal(of('dates_without_time')?.count, 30)
  assert.ok(report.checked.includes('gaps') && report.checked.length === new Set(report.checked).size)
})

test('a step that ends before it starts is named', async () => {
  const path = file(
    'spans.csv',
    'case,activity,start_time,end_time\n1,a,2024-01-01T10:00:00Z,2024-01-01T09:00:00Z\n1,b,2024-01-01T11:00:00Z,2024-01-01T12:00:00Z\n',
  )
  const finding = await found(path, 'ends_before_start')
  assert.deepEqual([finding?.count, finding?.of, finding?.share], [1, 2, 0.5])
})

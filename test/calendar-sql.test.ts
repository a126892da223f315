import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { ALWAYS, businessTime, Calendar, compile } from '../model/calendar.ts'
import { type Instant, instantFromIso } from '../model/instant.ts'
import type { TenantId } from '../model/tenant.ts'
import { businessTimeOfPairs, storeCalendar } from '../queries/calendar-store.ts'
import { sqlText, tenantReader } from '../queries/run.ts'
import { randomOf } from './support/random-calendars.ts'
import { sharedStores, type TestStores } from './support/stores.ts'

let real: TestStores
before(async () => {
  real = await sharedStores()
})
after(() => real.close())

const at = (text: string): Instant => instantFromIso(text) ?? Number.NaN
const FROM = at('2025-01-01T00:00Z')
const TO = at('2027-01-01T00:00Z')
const DAY = 86_400_000_000
const day = [{ from: '09:00', to: '17:00' }]
const night = [{ from: '22:00', to: '06:30' }]
const OFFICE = { mon: day, tue: day, wed: day, thu: day, fri: day }

const CALENDARS = [
  ALWAYS,
  Calendar.parse({ name: 'berlin', zone: 'Europe/Berlin', week: OFFICE, holidays: { country: 'DE', region: 'BY' } }),
  Calendar.parse({
    name: 'new-york',
    zone: 'America/New_York',
    week: { ...OFFICE, sat: night, sun: night },
    holidays: { country: 'US' },
  }),
  Calendar.parse({
    name: 'kolkata',
    zone: 'Asia/Kolkata',
    week: { mon: [...day, { from: '11:00', to: '20:15' }], thu: night, sun: [{ from: '00:00', to: '00:00' }] },
    exceptions: [
      { date: '2026-03-05', shifts: [] },
      { date: '2026-03-06', shifts: [{ from: '01:01', to: '01:02' }] },
    ],
  }),
]

type Pair = { calendar: string; start: Instant; end: Instant }

async function asked(tenant: TenantId, pairs: readonly Pair[]): Promise<(number | null)[]> {
  const rows = await tenantReader(real.stores.clickhouse.reader, tenant).rows(businessTimeOfPairs, {
    calendars: pairs.map((pair) => pair.calendar),
    starts: pairs.map((pair) => pair.start),
    ends: pairs.map((pair) => pair.end),
  })
  assert.deepEqual(
    rows.map((row) => row.pair),
    pairs.map((_, index) => index + 1),
  )
  return rows.map((row) => row.business_us)
}

test('SQL and TypeScript give the same business time, to the microsecond', async () => {
  const tenant = await real.freshTenant()
  const { writer } = real.stores.clickhouse
  for (const calendar of CALENDARS) await storeCalendar(writer, tenant, calendar, FROM, TO)
  const { next } = randomOf(20_261_122)
  // Half of the pairs start or end on a boundary or within two days of a clock change, where mistakes live.
  const changes = ['2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'].map(at)
  const instant = (calendar: Calendar): Instant => {
    const choice = next()
    if (choice < 0.25) return (changes[Math.floor(next() * changes.length)] ?? FROM) + Math.floor((next() - 0.5) * 4 * DAY)
    if (choice < 0.5) {
      const { opens, closes } = compile(calendar, FROM, TO)
      const edges = next() < 0.5 ? opens : closes
      return edges[Math.floor(next() * edges.length)] ?? FROM
    }
    return FROM + Math.floor(next() * (TO - FROM))
  }
  const pairs = Array.from({ length: 800 }, () => {
    const calendar = CALENDARS[Math.floor(next() * CALENDARS.length)] ?? ALWAYS
    return { of: calendar, calendar: calendar.name, start: instant(calendar), end: instant(calendar) }
  })
  for (let offset = 0; offset < pairs.length; offset += 200) {
    const some = pairs.slice(offset, offset + 200)
    assert.deepEqual(
      await asked(tenant, some),
      some.map(({ of, start, end }) => businessTime(of, start, end)),
    )
  }
})

/** Business time of rows by the parts that KPIs include, as SQL. */
const bulk = (columns: string, spans: string) => `
  WITH calendar_edges AS (${sqlText('shared/calendar-edges')})
  SELECT ${columns}, ${sqlText('shared/business-us')}
  FROM (${spans}) AS spans
  ${sqlText('shared/business-joins')}`

test('the parts that KPIs include give 10,000 rows the business time that TypeScript gives', async (t) => {
  const tenant = await real.freshTenant()
  const { writer } = real.stores.clickhouse
  const [from, to] = [at('2007-01-01T00:00Z'), at('2027-01-01T00:00Z')]
  for (const calendar of CALENDARS) await storeCalendar(writer, tenant, calendar, from, to)
  const query_params = { tenant_id: tenant, calendars: CALENDARS.map(({ name }) => name), calendar_versions: {}, from, to }
  const spans = `
    SELECT
      {calendars:Array(String)}[1 + number % length({calendars:Array(String)})] AS calendar,
      fromUnixTimestamp64Micro({from:Int64} + cityHash64(number, 1) % ({to:Int64} - {from:Int64}), 'UTC') AS start_at,
      least(start_at + toIntervalMicrosecond(cityHash64(number, 2) % (14 * 86400000000)), fromUnixTimestamp64Micro({to:Int64}, 'UTC')) AS end_at
    FROM numbers(10000)`
  const started = performance.now()
  const answer = await writer.query({
    query: bulk(
      'spans.calendar AS calendar, toUnixTimestamp64Micro(start_at) AS start, toUnixTimestamp64Micro(end_at) AS end',
      spans,
    ),
    query_params,
    format: 'JSONEachRow',
  })
  const rows = await answer.json<{ calendar: string; start: number; end: number; business_us: number }>()
  t.diagnostic(`${rows.length} rows in ${Math.round(performance.now() - started)} ms`)
  assert.equal(rows.length, 10_000)
  const compiled = new Map(CALENDARS.map((calendar) => [calendar.name, compile(calendar, from, to)]))
  for (const { calendar, start, end, business_us } of rows) {
    const known = compiled.get(calendar)
    assert.equal(business_us, known && businessTime(known, start, end), `${calendar} from ${start} to ${end}`)
  }
})

test('stored calendars are read by tenant and name, not as a whole', async () => {
  const { writer } = real.stores.clickhouse
  await writer.command({
    query: `INSERT INTO calendar_boundaries (tenant_id, calendar, calendar_version, at, open_us_before, is_open, version)
      SELECT concat('crowd-', leftPad(toString(intDiv(number, 20000)), 3, '0')), concat('c', toString(number % 4)), 1,
        toDateTime64('2020-01-01 00:00:00', 6, 'UTC') + toIntervalHour(number % 20000), 0, 0, 1
      FROM numbers(400000)`,
  })
  await writer.command({ query: 'OPTIMIZE TABLE calendar_boundaries FINAL' })
  const plan = await writer.query({
    query: `EXPLAIN indexes = 1 ${sqlText('shared/calendar-edges')}`,
    query_params: { tenant_id: 'crowd-007', calendars: ['c2'], calendar_versions: {} },
    format: 'TabSeparatedRaw',
  })
  const text = await plan.text()
  const granules = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/u.exec(text)
  assert.ok(granules !== null, text)
  assert.ok(Number(granules[2]) >= 48 && Number(granules[1]) <= 2, `${granules[1]} of ${granules[2]} granules read`)
})

test('a calendar may be pinned to a version; the others stand as they are newest', async () => {
  const tenant = await real.freshTenant()
  const { writer, reader } = real.stores.clickhouse
  const later = [{ from: '12:00', to: '13:00' }]
  const versions = ['plant', 'shop'].flatMap((name) => [
    Calendar.parse({ name, zone: 'UTC', week: { mon: day } }),
    Calendar.parse({ name, zone: 'UTC', week: { mon: later }, version: 2 }),
  ])
  for (const calendar of versions) await storeCalendar(writer, tenant, calendar, FROM, TO)
  const ask = async (calendar_versions: Record<string, number>) => {
    const rows = await tenantReader(reader, tenant).rows(businessTimeOfPairs, {
      calendars: ['plant', 'shop'],
      calendar_versions,
      starts: [at('2026-03-02T00:00Z'), at('2026-03-02T00:00Z')],
      ends: [at('2026-03-03T00:00Z'), at('2026-03-03T00:00Z')],
    })
    return rows.map(({ business_us }) => (business_us === null ? null : business_us / 3_600_000_000))
  }
  assert.deepEqual(await ask({}), [1, 1])
  assert.deepEqual(await ask({ plant: 1 }), [8, 1])
  assert.deepEqual(await ask({ plant: 2, shop: 1 }), [1, 8])
  assert.deepEqual(await ask({ shop: 3 }), [1, null], 'that version is not stored')
})

test('a pair outside what is stored, or of an unknown calendar, has no answer rather than a wrong one', async () => {
  const tenant = await real.freshTenant()
  await storeCalendar(real.stores.clickhouse.writer, tenant, ALWAYS, FROM, TO)
  const pair = (start: Instant, end: Instant, calendar = '24x7') => ({ calendar, start, end })
  assert.deepEqual(
    await asked(tenant, [
      pair(FROM, TO),
      pair(FROM - 1, TO),
      pair(FROM, TO + 1),
      pair(TO, FROM),
      pair(FROM, TO, 'nowhere'),
      pair(0, 0, 'nowhere'),
    ]),
    [TO - FROM, null, null, FROM - TO, null, null],
  )
})

test('a calendar stored again with fewer boundaries, another horizon or a new version replaces the old one whole', async () => {
  const tenant = await real.freshTenant()
  const { writer } = real.stores.clickhouse
  const lunch = [
    { from: '09:00', to: '12:00' },
    { from: '13:00', to: '17:00' },
  ]
  const broken = Calendar.parse({ name: 'plant', zone: 'UTC', week: { mon: lunch } })
  const later = Calendar.parse({ name: 'plant', zone: 'UTC', week: { mon: day } })
  const pair = { calendar: 'plant', start: at('2026-03-02T08:00Z'), end: at('2026-03-02T16:00Z') }
  const ask = async () => (await asked(tenant, [pair]))[0]
  await storeCalendar(writer, tenant, broken, FROM, TO, 1)
  assert.equal(await ask(), businessTime(broken, pair.start, pair.end))
  await storeCalendar(writer, tenant, broken, FROM, TO, 1)
  assert.equal(await ask(), businessTime(broken, pair.start, pair.end), 'stored twice')
  await storeCalendar(writer, tenant, later, FROM + 30 * DAY, TO + 30 * DAY, 2)
  assert.equal(await ask(), businessTime(later, pair.start, pair.end), 'the lunch break is gone')
  await storeCalendar(writer, tenant, { ...broken, version: 2 }, FROM, TO, 1)
  assert.equal(await ask(), businessTime(broken, pair.start, pair.end), 'a higher version stands, whenever it was stored')
})

test('another tenant’s calendar of the same name never answers for mine', async () => {
  const [mine, other] = [await real.freshTenant(), await real.freshTenant()]
  await storeCalendar(real.stores.clickhouse.writer, other, ALWAYS, FROM, TO)
  assert.deepEqual(await asked(mine, [{ calendar: '24x7', start: FROM, end: TO }]), [null])
})

test('every column of the stored calendars says what it means', async () => {
  const result = await real.stores.clickhouse.writer.query({
    query: `SELECT name FROM system.columns WHERE database = 'sightline' AND table = 'calendar_boundaries' AND comment = ''`,
    format: 'JSONEachRow',
  })
  assert.deepEqual(await result.json(), [])
})

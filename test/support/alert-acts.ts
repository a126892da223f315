import { randomUUID } from 'node:crypto'
import { and, desc, eq, isNull } from 'drizzle-orm'
import { sendAgain } from '../../alerts/note-store.ts'
import { applyCheckedCode } from '../../api/apply-code.ts'
import { purgeLetters } from '../../ingest/purge-letters.ts'
import { createEventWriter } from '../../ingest/write.ts'
import type { TenantId } from '../../model/tenant.ts'
import { acknowledgeAlert, closeAlert, handOverAlert, judgeAlert } from '../../platform/alert-acts.ts'
import { changeRules } from '../../platform/alert-rules.ts'
import { saveRouting } from '../../platform/alert-routing.ts'
import { createSilence, endSilence } from '../../platform/alert-silences.ts'
import { alertNotes, alerts, alertSilences } from '../../platform/postgres/schema.ts'
import { SightlineError } from '../../platform/errors.ts'
import { decideViolation } from '../../platform/violations.ts'
import { deadLetters } from '../../queries/dead-letters.ts'
import { tenantReader } from '../../queries/run.ts'
import { mirrorDecision, violations } from '../../queries/violations.ts'
import { instantToIso } from '../../model/instant.ts'
import type { Act } from './alert-case-setup.ts'
import type { TestStores } from './stores.ts'

/** Does what people do, by the functions that the API does it with. @returns what rules as code did, line by line */
export async function doAct(tests: TestStores, tenant: TenantId, act: Act): Promise<string[]> {
  const { db } = tests.stores.postgres
  const { by: actor = 'case', why = 'case' } = act
  const deed = async (rule: string) => ({ tenant, id: await alertOf(tests, tenant, rule), actor, now: new Date(act.at / 1000) })
  if (act.acknowledge !== undefined) {
    const { rule, party } = act.acknowledge
    await acknowledgeAlert(db, await deed(rule), { party, note: why })
  }
  if (act.hand_over !== undefined) {
    const { rule, party, to } = act.hand_over
    await handOverAlert(db, await deed(rule), { party, to, note: why })
  }
  if (act.close !== undefined) await closeAlert(db, await deed(act.close.rule), why)
  if (act.judge !== undefined) await judgeAlert(db, await deed(act.judge.rule), { verdict: act.judge.verdict, note: why })
  if (act.decide !== undefined) await decide(tests, tenant, act.decide, act.at)
  const changes = [
    ...(act.save ?? []).map((rule) => ({ kind: 'save' as const, rule, note: why })),
    ...(act.retire === undefined ? [] : [{ kind: 'retire' as const, id: act.retire, note: why }]),
  ]
  if (changes.length > 0) await db.transaction((tx) => changeRules(tx, { tenant, actor, changes }))
  if (act.routing !== undefined) {
    const { routing } = act
    await db.transaction((tx) => saveRouting(tx, { tenant, routing, actor, expected: null, note: why }))
  }
  if (act.silence !== undefined) await createSilence(db, { tenant, ...act.silence, reason: why, actor, now: act.at })
  if (act.end_silences === true)
    for (const { id } of await db
      .select()
      .from(alertSilences)
      .where(and(eq(alertSilences.tenantId, tenant), isNull(alertSilences.endedAt))))
      await endSilence(db, { tenant, id, actor, now: act.at })
  if (act.letters !== undefined) await addLetters(tests, tenant, act.letters, act.at)
  if (act.purge !== undefined) {
    const waiting = await deadLetters(tenantReader(tests.stores.clickhouse.reader, tenant), { state: 'open', feed: act.purge })
    const ids = waiting.map(({ letter_id }) => letter_id)
    await purgeLetters({ clickhouse: tests.stores.clickhouse.writer, db }, tenant, ids, actor, act.at)
  }
  if (act.send_again !== undefined) {
    const id = await givenUpBy(tests, tenant, act.send_again)
    await sendAgain(db, { tenant, id, now: act.at }, actor)
  }
  return act.apply === undefined ? [] : apply(tests, tenant, act, act.apply)
}

/** The alert of a rule that was opened last. */
async function alertOf({ stores }: TestStores, tenant: TenantId, rule: string): Promise<string> {
  const [row] = await stores.postgres.db
    .select({ id: alerts.id })
    .from(alerts)
    .where(and(eq(alerts.tenantId, tenant), eq(alerts.rule, rule)))
    .orderBy(desc(alerts.openedAt))
    .limit(1)
  if (row === undefined) throw new Error(`the rule "${rule}" has no alert yet`)
  return row.id
}

async function decide(
  { stores }: TestStores,
  tenant: TenantId,
  { document, state }: NonNullable<Act['decide']>,
  at: number,
): Promise<void> {
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const [found] = (await violations(reader, { from: 0, to: at + 1 }, { document_id: document }, { limit: 1 })).violations
  if (found === undefined) throw new Error(`nothing was found of the document "${document}"`)
  await decideViolation(stores.postgres.db, {
    tenant,
    id: found.id,
    state,
    reason: 'case',
    attestedBy: 'case',
    actor: 'case',
    now: new Date(at / 1000),
    mirror: (decision) => mirrorDecision(stores.clickhouse.writer, tenant, { ...decision, violationId: found.id }),
  })
}

async function addLetters(
  { stores }: TestStores,
  tenant: TenantId,
  { feed, code, n }: NonNullable<Act['letters']>,
  at: number,
): Promise<void> {
  const writer = createEventWriter({ clickhouse: stores.clickhouse.writer, now: () => at })
  const request = randomUUID()
  const letters = Array.from({ length: n }, (_, index) => ({
    coordinates: { request, index },
    headers: {},
    raw: Buffer.from('{'),
    format: 'cloudevents',
    code,
    reason: 'It is no JSON.',
    mapping: '',
    mappingVersion: 0,
  }))
  await writer.writeBatch({ tenant, feed, token: request, at, events: [], letters, ignored: 0 })
  await writer.drain()
}

/** Puts rules in as code; what is refused is told, and changes nothing. */
async function apply(
  { stores }: TestStores,
  tenant: TenantId,
  { at, by = 'case', why = '' }: Act,
  { code, prune, dry_run: dryRun }: NonNullable<Act['apply']>,
): Promise<string[]> {
  const reader = tenantReader(stores.clickhouse.reader, tenant)
  const input = { tenant, reader, actor: by, code, prune, dryRun, note: why }
  const lineOf = (text: string) => `${instantToIso(at)} ${dryRun ? 'would be ' : ''}${text}`
  try {
    const { changes, unstated } = await applyCheckedCode({ stores, now: () => at }, input)
    if (changes.length + unstated.length === 0) return [`${instantToIso(at)} nothing to change`]
    return [...changes.map(({ kind, what }) => lineOf(`${kind} ${what}`)), ...unstated.map((what) => lineOf(`unstated ${what}`))]
  } catch (error) {
    if (error instanceof SightlineError) return [lineOf(`refused ${error.code}: ${error.message}`)]
    throw error
  }
}

/** The latest message that a channel gave up. */
async function givenUpBy({ stores }: TestStores, tenant: TenantId, channel: string): Promise<number> {
  const [row] = await stores.postgres.db
    .select({ id: alertNotes.id })
    .from(alertNotes)
    .where(and(eq(alertNotes.tenantId, tenant), eq(alertNotes.channelId, channel), eq(alertNotes.state, 'dead')))
    .orderBy(desc(alertNotes.id))
    .limit(1)
  if (row === undefined) throw new Error(`the channel "${channel}" gave up no message`)
  return row.id
}

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { openLog } from '../platform/log.ts'
import { crash } from './crash/crash.ts'
import { plannedWaves } from './crash/plan.ts'

const KILLS = 25

test('processes that are killed at any instant lose no event and count none twice', { timeout: 20 * 60_000 }, async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(1_000_000))
  const report = await crash({
    seed,
    kills: KILLS,
    log: openLog({ level: 'error', human: true }),
    tell: (line) => t.diagnostic(line),
  })
  t.diagnostic(`SEED=${seed}: ${report.kills} kills, ${report.events} events, ${report.figures} answers, ${report.seconds} s`)
  assert.ok(report.kills >= KILLS)
})

test('garbage is in every wave of a plan', () => {
  const waves = plannedWaves({ seed: 103, waves: 30, perWave: 300 })
  const without = [...waves.keys()].filter((wave) => waves[wave]?.every(({ kind }) => kind !== 'poison'))
  assert.deepEqual(without, [])
})

test('a plan whose first corrections find nothing that is left to correct goes on without them', () => {
  const [records = []] = plannedWaves({ seed: 2, waves: 1, perWave: 1000 })
  assert.ok(records.length >= 900)
  const corrects = records
    .filter(({ kind }) => kind === 'correction')
    .map(({ value }) => (JSON.parse(value.toString()) as { data: { corrects: string } }).data.corrects)
  assert.ok(corrects.length > 0)
  assert.equal(new Set(corrects).size, corrects.length, 'nothing is corrected twice')
})

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { openLog } from '../platform/log.ts'
import { crash } from './crash/crash.ts'

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

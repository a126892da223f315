import assert from 'node:assert/strict'
import test from 'node:test'
import { watermarkOf } from '../model/watermark.ts'

const NOW = 1_800_000_000e6
const sign = (id: string, agoS: number, state = 'fresh') => ({ id, lastAt: NOW - agoS * 1e6, state })

test('events are taken to be complete up to five seconds ago, or to the last event of a source that sends as it uses to', () => {
  const of = (...signs: ReturnType<typeof sign>[]) => (NOW - watermarkOf(NOW, signs, 0).watermark) / 1e6
  assert.equal(of(), 5)
  assert.equal(of(sign('erp', 1)), 5)
  assert.equal(of(sign('erp', 1), sign('portal', 20)), 20)
  assert.equal(of(sign('portal', 3000)), 60)
  assert.equal(of(sign('portal', 3000, 'silent'), sign('erp', 8)), 8)
  assert.deepEqual(watermarkOf(NOW, [sign('portal', 3000, 'silent')], 0).silent, ['portal'])
})

test('the watermark never goes back', () => {
  assert.equal(watermarkOf(NOW, [sign('portal', 40)], NOW - 10e6).watermark, NOW - 10e6)
})

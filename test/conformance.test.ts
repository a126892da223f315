import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { conform } from '../model/conformance.ts'

const ORDER = ['a', 'b', 'c', 'd']
const told = (trace: string, isOpen = false) =>
  conform(trace.split(''), ORDER, isOpen).deviations.map(
    ({ kind, activity, other }) => `${kind} ${activity}${other && ` ${other}`}`,
  )

test('what is skipped, inserted and swapped is told apart', () => {
  assert.deepEqual(told('abcd'), [])
  assert.deepEqual(told('abd'), ['skipped c'])
  assert.deepEqual(told('abbcd'), ['inserted b'])
  assert.deepEqual(told('acbd'), ['swapped c b'])
  assert.deepEqual(told('dabc'), ['swapped d a'])
  assert.deepEqual(told('axbycd'), [])
})

test('what lies ahead of an open document is not skipped', () => {
  assert.deepEqual(told('ab', true), [])
  assert.deepEqual(told('ac', true), ['skipped b'])
  assert.deepEqual(told('ab'), ['skipped c', 'skipped d'])
})

test('fitness is 1 in order only, and never below 0', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ORDER, 'x'), { maxLength: 12 }), fc.boolean(), (trace, isOpen) => {
      const { deviations, fitness } = conform(trace, ORDER, isOpen)
      assert.ok(fitness >= 0 && fitness <= 1, String(fitness))
      assert.equal(fitness === 1, deviations.length === 0)
    }),
  )
})

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { diffCode, printCode, readCode, unstated } from '../model/alert-code.ts'
import { ALERT_PACK } from '../model/alert-pack.ts'
import { defaultRouting } from '../model/alert-routing.ts'
import { AlertRule } from '../model/alert-rule.ts'
import { equalJson } from '../model/merge-patch.ts'
import { RulesCode } from '../model/rules-code.ts'

const ORIGINS = { tenant: 'kestrel', inherited: new Map(), defaultRouting: defaultRouting('office') }
const print = (code: RulesCode) => printCode(code, ORIGINS)

function read(text: string): RulesCode {
  const answer = readCode(text)
  assert.ok('code' in answer, JSON.stringify(answer))
  return answer.code
}

// Words that YAML would take for something else, were they not quoted.
const word = fc.oneof(
  fc.constantFrom('no', '1e3', '2026-01-01', '09:00', 'null', '~', ': #', '- a', "it's", '{n}', '&a', '*a', ' pad '),
  fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
)
const rule = fc
  .record({
    id: fc.constantFrom('a', 'b', 'no', 'on', '1', 'x-1'),
    title: word,
    description: fc.oneof(word, fc.constant('two\nlines: of\n\ttext')),
    watch: fc.constantFrom(...ALERT_PACK.rules.map((one) => one.watch)),
    where: fc.dictionary(fc.constantFrom('supplier', 'entity', 'region'), fc.array(word, { minLength: 1, maxLength: 3 }), {
      noNullPrototype: true,
    }),
    repeat_s: fc.constantFrom(null, 3600, 4 * 3600),
    for_s: fc.constantFrom(0, 60),
    enabled: fc.boolean(),
  })
  .map((one) => AlertRule.safeParse({ class: 'business', ...one }))
  .filter((parsed) => parsed.success)
  .map(({ data }) => data)

test('what is printed is read as the same, whatever the texts, and printed again word for word', () => {
  const codes = fc.record({
    rules: fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 5 }),
    overrides: fc.dictionary(
      fc.constantFrom('p', 'q', 'true'),
      fc.dictionary(fc.constantFrom('title', 'repeat_s', 'summary'), fc.oneof(word, fc.constant(null)), {
        noNullPrototype: true,
      }),
      { noNullPrototype: true },
    ),
    retired: fc.uniqueArray(fc.constantFrom('r', 's', 'null'), { maxLength: 2 }),
  })
  fc.assert(
    fc.property(codes, fc.boolean(), (code, routed) => {
      const whole = routed ? { ...code, routing: defaultRouting('office') } : code
      const text = print(whole)
      const again = read(text)
      assert.ok(
        equalJson(
          { ...again, rules: sorted(again.rules), retired: again.retired.toSorted() },
          { ...whole, rules: sorted(whole.rules), retired: whole.retired.toSorted() },
        ),
        text,
      )
      assert.equal(print(again), text)
      assert.deepEqual(diffCode(whole, again), [])
      assert.deepEqual(unstated(whole, again), [])
    }),
  )
})

const sorted = (rules: readonly AlertRule[]) => rules.toSorted((a, b) => (a.id < b.id ? -1 : 1))

test('code leaves out what is the default, and says what is not', () => {
  const [first] = ALERT_PACK.rules
  assert.ok(first)
  const text = print(RulesCode.parse({ rules: [{ id: 'one', title: 'One', class: 'technical', watch: { kind: 'source' } }] }))
  assert.match(text, /rules:\n {2}- id: one\n {4}title: One\n {4}class: technical\n {4}watch:\n {6}kind: source\n/u)
  const commented = text.split('\n').filter((line) => line.startsWith('#'))
  assert.ok(commented.some((line) => line.includes('kestrel')) && commented.includes('# routing:'), text)
})

test('a file that would burst when it is read is refused', () => {
  const bomb = `a: &a [x, x]\nb: &b [*a, *a]\n${'cdefghij'
    .split('')
    .map((name, at) => `${name}: &${name} [${Array<string>(9).fill(`*${'bcdefghij'[at]}`).join(', ')}]`)
    .join('\n')}\n`
  const answer = readCode(bomb)
  assert.ok('problems' in answer && /alias/iu.test(answer.problems.join(' ')), JSON.stringify(answer))
})

/** Time of a document that one cause took, µs, and whether the document waits for that now. */
export type TimeSpent = { cause: string; us: number; waits_now: boolean }

/** By cause: what time went to, and what is waited for. */
const WORDS: Readonly<Record<string, readonly [spent: string, waits: string]>> = {
  technical: ['technical failures', 'a technical failure to end'],
  business_exception: ['business exceptions', 'an exception to be resolved'],
  supplier: ['suppliers', 'a supplier'],
  person: ['people', 'a person'],
  touch: ['work', 'work to be done'],
  queue: ['queues', 'somebody to begin'],
}
/** A smaller share than this is not worth the words. */
const LEAST_SHARE = 0.05

/**
 * Where the time of documents went and what they wait for now, in a sentence or two: `Of their time 62 % went to people, 21 % to technical
 * failures. Now 3 wait for a person, 1 for a supplier.` Empty where nothing is known.
 */
export function causeText(documents: readonly (readonly TimeSpent[])[]): string {
  const sums = new Map<string, { us: number; waiting: number }>()
  for (const { cause, us, waits_now } of documents.flat()) {
    const sum = sums.get(cause) ?? { us: 0, waiting: 0 }
    sums.set(cause, sum)
    sum.us += us
    if (waits_now) sum.waiting++
  }
  const whole = [...sums.values()].reduce((total, { us }) => total + us, 0)
  if (whole === 0) return ''
  const spent = [...sums]
    .filter(([, { us }]) => us / whole >= LEAST_SHARE)
    .toSorted(([, a], [, b]) => b.us - a.us)
    .map(
      ([cause, { us }], index) =>
        `${Math.round((us / whole) * 100)} %${index === 0 ? ' went' : ''} to ${WORDS[cause]?.[0] ?? cause}`,
    )
  const waiting = [...sums]
    .filter(([, sum]) => sum.waiting > 0)
    .toSorted(([, a], [, b]) => b.waiting - a.waiting)
    .map(([cause, sum], index) =>
      documents.length === 1
        ? waited(cause)
        : `${sum.waiting}${index === 0 ? (sum.waiting === 1 ? ' waits' : ' wait') : ''} for ${waited(cause)}`,
    )
  const now = waiting.length === 0 ? '' : ` Now ${documents.length === 1 ? 'it waits for ' : ''}${waiting.join(', ')}.`
  return `Of ${documents.length === 1 ? 'its' : 'their'} time ${spent.join(', ')}.${now}`
}

function waited(cause: string): string {
  return WORDS[cause]?.[1] ?? cause
}

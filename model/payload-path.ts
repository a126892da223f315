/**
 * Where a value lies in a payload. `$` is the record, `^` the whole payload that records were taken from, `@` the item of a list that
 * is being looked at.
 */
export type PayloadPath = { root: '$' | '^' | '@'; steps: readonly PathStep[] }
/** A key, a position (negative: from the end), or `[*]` for every element of a list. */
export type PathStep = string | number

const NAME = /[\p{L}\p{N}_@#:-]/u

/**
 * Reads a path such as `$.data.object.id`, `$.lines[0].price`, `$['a key'].x` or `$.items[*].id`.
 *
 * @returns the path, or what is wrong with the text
 */
export function parsePath(text: string): PayloadPath | string {
  const root = text[0]
  if (root !== '$' && root !== '^' && root !== '@') return 'is no path: a path begins with $, ^ or @'
  const steps: PathStep[] = []
  let at = 1
  while (at < text.length) {
    if (text[at] === '.') {
      const start = ++at
      while (at < text.length && NAME.test(text[at] ?? '')) at++
      if (at === start) return `has no name after the point at position ${start}`
      steps.push(text.slice(start, at))
    } else if (text[at] === '[') {
      const close = text.startsWith("['", at) ? text.indexOf("']", at) + 1 : text.indexOf(']', at)
      if (close < 1) return `has a bracket at position ${at + 1} that does not close`
      const inner = text.slice(at + 1, close)
      if (inner.startsWith("'")) steps.push(inner.slice(1, -1))
      else if (inner === '*') steps.push('[*]')
      else if (/^-?\d{1,6}$/u.test(inner)) steps.push(Number(inner))
      else return `has "${inner.slice(0, 20)}" in brackets, which is neither a number, * nor a quoted name`
      at = close + 1
    } else return `has "${text[at] ?? ''}" at position ${at + 1} where a point or a bracket belongs`
    if (steps.length > 32) return 'has more than 32 steps'
  }
  return { root, steps }
}

/** A path in the notation of payload shapes: `order.lines[].price`, without indexes and without a root. */
export function shapePath(steps: readonly PathStep[]): string {
  let text = ''
  for (const step of steps) text += typeof step === 'number' || step === '[*]' ? '[]' : text === '' ? step : `.${step}`
  return text
}

/** A piece of a template: text as it stands, or a path to fill in. */
export type TemplatePart = { text: string } | { path: string }

/** Takes a template such as `order/{$.id}` apart; `null` where the text has nothing to fill in. `{{` and `}}` stand for single braces. */
export function templateParts(text: string): TemplatePart[] | null {
  if (!/\{[$^@]/u.test(text)) return null
  const parts: TemplatePart[] = []
  let plain = ''
  for (let at = 0; at < text.length;) {
    const two = text.slice(at, at + 2)
    if (two === '{{' || two === '}}') {
      plain += two[0] ?? ''
      at += 2
    } else if (/^\{[$^@]$/u.test(two) && text.includes('}', at)) {
      const close = text.indexOf('}', at)
      if (plain !== '') parts.push({ text: plain })
      plain = ''
      parts.push({ path: text.slice(at + 1, close) })
      at = close + 1
    } else plain += text[at++] ?? ''
  }
  if (plain !== '') parts.push({ text: plain })
  return parts
}

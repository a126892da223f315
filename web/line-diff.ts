/** One line of a comparison: kept, only in the former text, or only in the new one. */
export type DiffLine = { kind: 'same' | 'gone' | 'new'; text: string }

/** Texts with more lines than this between their common beginning and end are not aligned line by line. */
const MOST_LINES = 3000

/** How a text became another one, line by line: a longest common subsequence of the lines between their common beginning and end. */
export function lineDiff(former: string, present: string): DiffLine[] {
  const [a, b] = [former.split('\n'), present.split('\n')]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }))
  return [
    ...same(a.slice(0, head)),
    ...between(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(tail === 0 ? [] : a.slice(-tail)),
  ]
}

function between(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length > MOST_LINES || b.length > MOST_LINES) return [...lines('gone', a), ...lines('new', b)]
  const width = b.length + 1
  // Length of the longest common subsequence of what follows each pair of lines.
  const common = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const out: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    const [left = '', right = ''] = [a[i], b[j]]
    if (left === right) {
      out.push({ kind: 'same', text: left })
      i++
      j++
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      out.push({ kind: 'gone', text: left })
      i++
    } else {
      out.push({ kind: 'new', text: right })
      j++
    }
  }
  return [...out, ...lines('gone', a.slice(i)), ...lines('new', b.slice(j))]
}

function lines(kind: DiffLine['kind'], texts: readonly string[]): DiffLine[] {
  return texts.map((text) => ({ kind, text }))
}

/** The changed lines of a comparison with `context` lines round them; `null` stands where lines are left out. */
export function hunks(diff: readonly DiffLine[], context = 3): (DiffLine | null)[] {
  const near = diff.map((_, index) =>
    diff.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== 'same'),
  )
  const out: (DiffLine | null)[] = []
  for (const [index, line] of diff.entries()) {
    if (near[index] === true) out.push(line)
    else if (out.at(-1) !== null) out.push(null)
  }
  return out
}

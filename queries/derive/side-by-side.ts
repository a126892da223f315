/** A scope of more documents than this keeps the processors busy by itself: statements run one after the other. */
const SMALL_SCOPE = 5000
/** Statements of a small scope that run side by side: most of their time is their analysis, by one thread each. */
const STATEMENTS_AT_ONCE = 2

/** A list in pieces of at most `size`. */
export function inParts<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size))
}

/** Runs statements that do not depend on each other, for a scope of so many documents: a small one has some run side by side. */
export async function sideBySide<T>(parts: readonly T[], documents: number, run: (part: T) => Promise<void>): Promise<void> {
  for (const some of inParts(parts, documents > SMALL_SCOPE ? 1 : STATEMENTS_AT_ONCE)) await Promise.all(some.map(run))
}

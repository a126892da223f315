import { useSearchParams } from 'react-router'
import type { Letters } from '../../../../api/contract/dead-letters.ts'

/** A letter as the list has it. */
export type LetterRow = Letters['letters'][number]

/** States that the list can be narrowed to. */
export const STATES = ['open', 'replayed', 'purged', 'all'] as const

/** Which letters the page shows, as its address says. */
export type LetterFilter = { state: (typeof STATES)[number]; feed?: string; code?: string; q?: string }

/** The filter of the address. */
export function useLetterFilter(): LetterFilter {
  const [search] = useSearchParams()
  const text = (name: string): string | undefined => {
    const value = search.get(name)
    return value === null || value === '' ? undefined : value
  }
  const [feed, code, q] = [text('feed'), text('code'), text('q')]
  return {
    state: STATES.find((one) => one === search.get('state')) ?? 'open',
    ...(feed === undefined ? {} : { feed }),
    ...(code === undefined ? {} : { code }),
    ...(q === undefined ? {} : { q }),
  }
}

/** Letters to act on: some by id, or all that a filter finds. */
export type Chosen = { ids: readonly string[] } | { filter: LetterFilter & { state: 'open' | 'replayed' }; total: number }

/** How many letters are chosen. */
export function chosenCount(chosen: Chosen): number {
  return 'ids' in chosen ? chosen.ids.length : chosen.total
}

/** Where a letter's record lies, in one line: `topic [partition] @ offset`, or the request and the position in it. */
export function coordinatesText(at: LetterRow['coordinates']): string {
  return 'topic' in at ? `${at.topic} [${at.partition}] @ ${at.offset}` : `request ${at.request}, record ${at.index + 1}`
}

/** A stable code in words: `json_invalid` → `json invalid`. */
export function codeWords(code: string): string {
  return code.replaceAll('_', ' ')
}

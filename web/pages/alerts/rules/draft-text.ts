import { parse, stringify } from 'yaml'
import { type Draft, isRecord } from './draft.ts'

/** A draft as YAML: rules as code have the same schema and the same text. */
export function draftText(draft: Draft): string {
  return stringify(draft, { lineWidth: 100 })
}

/** The draft that a text states, or why it states none. */
export function readDraft(text: string): { draft: Draft | undefined; problem: string | null } {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 })
    if (isRecord(value)) return { draft: value, problem: null }
    return { draft: undefined, problem: 'A rule is an object: lines of the form “name: value”.' }
  } catch (error) {
    return { draft: undefined, problem: `This is no YAML: ${error instanceof Error ? error.message : String(error)}` }
  }
}

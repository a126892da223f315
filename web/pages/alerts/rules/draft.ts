import { parse, stringify } from 'yaml'

/** What stands in an editor: an object whose members may be anything while somebody types. */
export type Draft = Readonly<Record<string, unknown>>

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

/** A member as text; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A member as a number, as inputs take it. */
export function numberOf(value: unknown): number | '' {
  return typeof value === 'number' ? value : ''
}

/** A member as a list of texts. */
export function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** A member as a draft of its own. */
export function recordOf(value: unknown): Draft {
  return isRecord(value) ? value : {}
}

/** A member as a list of drafts. */
export function rowsOf(value: unknown): Draft[] {
  return Array.isArray(value) ? value.map(recordOf) : []
}

function isRecord(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

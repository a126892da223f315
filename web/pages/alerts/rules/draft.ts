/** What stands in an editor: an object whose members may be anything while somebody types. */
export type Draft = Readonly<Record<string, unknown>>

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

/** Whether a value is an object of members. */
export function isRecord(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

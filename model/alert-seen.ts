import type { Severity } from './alert-rule.ts'
import type { Missing } from './alert-step.ts'

/** What a rule says of one key at an instant. */
export type Seen = {
  key: string
  labels: Record<string, string>
  noun: string
  /** How many the value counts; null where it counts nothing. */
  of: number | null
  value: number | null
  /** What fields of the summary say of it. */
  fields: { value: string; threshold: string }
  cause: string
  /** The document that it is about, and its money; none where it is about several, or about none. */
  document?: { type: string; id: string; amount: number | null; currency: string }
} & ({ holds: boolean; severity: Severity } | { missing: Missing })

import type { OutcomeClass } from './code-dictionary.ts'

/** How a call ended. `throttled`, `unauthenticated` and `refused` are what gateways say: 429, 401, 403. */
export const CALL_STATUSES = ['ok', 'failed', 'timeout', 'throttled', 'unauthenticated', 'refused', 'cancelled'] as const
export type CallStatus = (typeof CALL_STATUSES)[number]

/** What a span is. `other` is work inside of a service: it is kept and shown in its trace, and counts in no figure. */
export const CALL_KINDS = ['connector', 'gateway', 'http', 'graphql', 'queue', 'workflow', 'node', 'database', 'other'] as const
export type CallKind = (typeof CALL_KINDS)[number]

/** Whose matter a call that ended badly is; none where it did not. */
export const CALL_CLASSES = ['business', 'technical', 'unknown', 'none'] as const satisfies readonly OutcomeClass[]

import { useAnswer } from '../../answers.ts'
import type { Parameters } from '../../api.ts'
import { useScope } from '../../scope.ts'

/** Which events a page is about: those of the business, or all. */
export type Steps = 'business' | 'all'

/** Beginnings of activities that are no business steps: what systems, AI agents and policy checks do beside them. */
const BESIDE = 'operation.,ai.,policy.'

type ProcessSchema = 'ProcessSummary' | 'ProcessVariants' | 'ProcessMap' | 'ProcessDurations' | 'ProcessWaits'

/** One process view of an object type, for the window of the address; `all` asks for the whole history. */
export function useProcessAnswer<Name extends ProcessSchema>(
  schema: Name,
  { type, steps }: { type: string; steps: Steps },
  view: string,
  parameters: Parameters = {},
  options: { enabled?: boolean } = {},
) {
  const { window } = useScope()
  const bounds = window.id === 'all' ? {} : { from: window.from, to: window.to }
  const left = steps === 'all' ? {} : { without: BESIDE }
  return useAnswer(schema, `/v1/process/${encodeURIComponent(type)}/${view}`, { ...bounds, ...left, ...parameters }, options)
}

/** The most frequent variants of an object type. */
export function useVariants(of: { type: string; steps: Steps }) {
  return useProcessAnswer('ProcessVariants', of, 'variants', { limit: 50 })
}

/** An activity's name without the object type that the whole page is about: `matched` on the page of invoices. */
export function activityWithin(activity: string, type: string): string {
  const subject = type === 'purchase_order' || type === 'po_line' ? 'po' : type
  return activity.startsWith(`${subject}.`) ? activity.slice(subject.length + 1) : activity
}

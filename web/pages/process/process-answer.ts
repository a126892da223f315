import { useAnswer } from '../../answers.ts'
import type { Parameters } from '../../api.ts'
import { useScope } from '../../scope.ts'

type ProcessSchema = 'ProcessSummary' | 'ProcessVariants' | 'ProcessMap' | 'ProcessDurations'

/** One process view of an object type, for the window of the address; `all` asks for the whole history. */
export function useProcessAnswer<Name extends ProcessSchema>(
  schema: Name,
  type: string,
  view: string,
  parameters: Parameters = {},
) {
  const { window } = useScope()
  const bounds = window.id === 'all' ? {} : { from: window.from, to: window.to }
  return useAnswer(schema, `/v1/process/${encodeURIComponent(type)}/${view}`, { ...bounds, ...parameters })
}

/** The most frequent variants of an object type. */
export function useVariants(type: string) {
  return useProcessAnswer('ProcessVariants', type, 'variants', { limit: 50 })
}

/** An activity's name without the object type that the whole page is about: `matched` on the page of invoices. */
export function activityWithin(activity: string, type: string): string {
  const subject = type === 'purchase_order' || type === 'po_line' ? 'po' : type
  return activity.startsWith(`${subject}.`) ? activity.slice(subject.length + 1) : activity
}

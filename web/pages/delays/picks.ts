import { useSearchParams } from 'react-router'

/** What picks documents, by the parameter's name. */
export const PICKS: Readonly<Record<string, string>> = {
  cause: 'Cause',
  stage: 'Stage',
  holder: 'Waiting for',
  system: 'Failed system',
  late_because: 'Late because of',
  late_system: 'Late because of system',
  open_cause: 'Open, waiting for',
}

const DIMENSIONS = [
  'entity',
  'business_unit',
  'plant',
  'region',
  'risk_category',
  'budget_owner',
  'category',
  'supplier',
  'approver',
  'currency',
] as const

/** What documents are grouped by. */
export const GROUPS = [...DIMENSIONS, 'stage', 'step', 'holder', 'system'] as const

/** The filters of all figures, and what further picks documents, as the address has them. */
export function usePicks(): { filters: Record<string, string>; picked: Record<string, string> } {
  const [search] = useSearchParams()
  const present = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (search.get(name) === null ? [] : [[name, search.get(name) ?? '']])))
  return { filters: present(DIMENSIONS), picked: present(Object.keys(PICKS)) }
}

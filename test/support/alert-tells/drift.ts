import { effectiveRules } from '../../../platform/alert-rules.ts'
import type { Played } from '../alert-tells.ts'

/** Rules in which a tenant differs from what it inherits: which, of whom, and in what. */
export async function tellDrift({ tests, tenant }: Played): Promise<string[]> {
  return (await effectiveRules(tests.stores.postgres.db, tenant))
    .filter(({ origin, overridden, state }) => origin !== 'own' && (overridden.length > 0 || state === 'retired'))
    .map(
      ({ rule, origin, overridden, state }) =>
        `${rule.id} of the ${origin}: ${state}${overridden.length === 0 ? '' : `, differs in ${overridden.join(', ')}`}`,
    )
}

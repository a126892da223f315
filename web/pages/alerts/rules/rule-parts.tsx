import type { RuleView } from '../../../../api/contract/rules.ts'
import { counted } from '../../../format.ts'
import { StateChip } from '../../../parts/state-chip.tsx'

/** Whether a rule is evaluated, or why not. */
export function RuleState({ of }: { of: RuleView }) {
  if (of.problem !== null)
    return (
      <StateChip tone="bad" title={of.problem}>
        differences do not fit
      </StateChip>
    )
  if (of.state === 'retired') return <StateChip tone="none">retired</StateChip>
  if (!of.rule.enabled) return <StateChip tone="none">switched off</StateChip>
  return <StateChip tone="good">in force</StateChip>
}

/** Where a rule comes from, and how much of it is changed. */
export function Origin({ of }: { of: RuleView }) {
  const from = { own: 'your own', pack: 'ships', provider: 'your provider' }[of.origin]
  if (of.overridden.length === 0) return <>{from}</>
  return (
    <span title={of.overridden.join(', ')}>
      {from}, <span className="nowrap">{counted(of.overridden.length, 'change')}</span>
    </span>
  )
}

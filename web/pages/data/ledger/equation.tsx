import { Fragment } from 'react'
import type { LedgerCounts } from '../../../../api/contract/ledger.ts'
import { count } from '../../../format.ts'
import { StateChip } from '../../../parts/state-chip.tsx'
import { PARTS } from './ledger-parts.ts'

/** received = stored + duplicate + rejected + ignored + in flight, with the figures, and whether it holds. */
export function Equation({ of, balanced }: { of: LedgerCounts; balanced: boolean }) {
  return (
    <div className="equation">
      <dl>
        <div className="equation-term">
          <dt>Received</dt>
          <dd className="num">{count(of.received)}</dd>
        </div>
        {PARTS.map(({ key, label, color, meaning, ...rest }, index) => (
          <Fragment key={key}>
            <div className="equation-sign" aria-hidden="true">
              <dt />
              <dd>{index === 0 ? '=' : '+'}</dd>
            </div>
            <div className="equation-term" title={meaning}>
              <dt>
                <svg width="10" height="10" aria-hidden="true">
                  <rect width="10" height="10" rx="2" fill={'fill' in rest ? rest.fill : color} />
                </svg>
                {label}
              </dt>
              <dd className="num">{count(of[key])}</dd>
            </div>
          </Fragment>
        ))}
      </dl>
      <Balance of={of} balanced={balanced} />
    </div>
  )
}

/** The verdict on a ledger in two words. */
export function Balance({ of, balanced }: { of: Pick<LedgerCounts, 'missing'>; balanced: boolean }) {
  return balanced ? (
    <StateChip tone="good" title="Every record that came is accounted for">
      balances
    </StateChip>
  ) : (
    <StateChip tone="bad" title="Records that came and are in no column: nothing may be missing">
      {of.missing === 0 ? 'does not balance' : `${count(of.missing)} missing`}
    </StateChip>
  )
}

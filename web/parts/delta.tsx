import { percent, type Unit } from '../format.ts'

type Props = { value: number | null; previous: number | null; unit: Unit; better: 'lower' | 'higher' }

/** Below this relative change two values count as equal. */
const NOTHING = 0.005

/** The change against the preceding window: arrow and words say whether it rose and whether that is good. */
export function Delta({ value, previous, unit, better }: Props) {
  if (value === null || previous === null) return <span className="delta">no comparison</span>
  const change = previous === 0 ? (value === 0 ? 0 : undefined) : (value - previous) / previous
  if (change === undefined) return <span className="delta">was zero</span>
  if (Math.abs(change) < NOTHING) return <span className="delta">unchanged</span>
  const rose = change > 0
  const verdict = rose === (better === 'higher') ? 'good' : 'bad'
  const amount = unit === 'ratio' ? `${points(value - previous)} pp` : percent(Math.abs(change))
  return (
    <span className="delta" data-verdict={verdict}>
      <span aria-hidden="true">{rose ? '▲' : '▼'}</span>
      {amount}
      <span className="visually-hidden">
        {rose ? 'higher' : 'lower'} than before, which is {verdict === 'good' ? 'better' : 'worse'}
      </span>
    </span>
  )
}

function points(difference: number): string {
  const size = Math.abs(difference) * 100
  return size < 0.1 ? size.toFixed(2) : size.toFixed(1)
}

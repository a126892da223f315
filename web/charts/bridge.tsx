import type { ReactNode } from 'react'

/** One step from the former to the present value. */
export type BridgeStep = { key: string; name: ReactNode; cause: string; change: number }

type Props = {
  label: string
  before: { name: string; value: number }
  now: { name: string; value: number }
  steps: readonly BridgeStep[]
  format: (value: number) => string
}

/** How one value became another: where it stood, what was added and taken away, where it stands. */
export function Bridge({ label, before, now, steps, format }: Props) {
  const floating = steps.map((step, index) => {
    const from = steps.slice(0, index).reduce((sum, { change }) => sum + change, before.value)
    return { ...step, low: Math.min(from, from + step.change), high: Math.max(from, from + step.change) }
  })
  const lowest = Math.min(before.value, now.value, ...floating.map(({ low }) => low))
  const end = Math.max(before.value, now.value, ...floating.map(({ high }) => high), 1e-9)
  // Changes that are small beside the whole would be lines: the bars then begin where there is something to see.
  const start = end - lowest < end / 3 ? Math.max(0, lowest - (end - lowest) / 2) : 0
  const scale = (value: number) => (Math.max(0, value - start) / (end - start)) * 100
  const place = (low: number, high: number) => ({ left: `${scale(low)}%`, width: `${scale(high) - scale(low)}%` })
  return (
    <>
      <ol className="bridge" aria-label={label}>
        <li data-total="">
          <span>{before.name}</span>
          <span className="track" aria-hidden="true">
            <span style={place(0, before.value)} />
          </span>
          <span className="amount num">{format(before.value)}</span>
        </li>
        {floating.map(({ key, name, cause, change, low, high }) => (
          <li key={key}>
            <span>{name}</span>
            <span className="track" aria-hidden="true">
              <span data-cause={cause} style={place(low, high)} />
            </span>
            <span className="amount num">
              {change > 0 ? '+' : ''}
              {format(change)}
            </span>
          </li>
        ))}
        <li data-total="">
          <span>{now.name}</span>
          <span className="track" aria-hidden="true">
            <span style={place(0, now.value)} />
          </span>
          <span className="amount num">{format(now.value)}</span>
        </li>
      </ol>
      {start > 0 && <p className="dim bridge-note">The bars begin at {format(start)}.</p>}
    </>
  )
}

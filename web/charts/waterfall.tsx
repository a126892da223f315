import type { ReactNode } from 'react'
import { duration, shortDuration } from '../format.ts'
import { ticksFor } from './scale.ts'

/** One bar: where it starts from the first on, how long it is, both in milliseconds, and how it ended. */
export type WaterfallRow = {
  id: string
  depth: number
  name: string
  note: ReactNode
  offsetMs: number
  durationMs: number
  tone: 'ok' | 'technical' | 'business' | 'unknown' | 'none'
  /** How it ended, in words. */
  outcome: string
}

type Props = {
  label: string
  rows: readonly WaterfallRow[]
  totalMs: number
  chosen: string | undefined
  onChoose: (id: string) => void
}

const MOST_INDENT = 12

/** Work that overlaps in time, each on a line of its own below what it is part of. */
export function Waterfall({ label, rows, totalMs, chosen, onChoose }: Props) {
  const end = Math.max(totalMs, 0.001)
  const ticks = ticksFor(end / 1000, 's').filter((tick) => tick * 1000 <= end)
  return (
    <div className="waterfall">
      <div className="waterfall-axis" aria-hidden="true">
        <span />
        <div>
          {ticks.map((tick) => (
            <span key={tick} style={{ left: `${((tick * 1000) / end) * 100}%` }}>
              {shortDuration(tick)}
            </span>
          ))}
        </div>
      </div>
      <ol aria-label={label}>
        {rows.map(({ id, depth, name, note, offsetMs, durationMs, tone, outcome }) => (
          <li key={id}>
            <button
              type="button"
              className="waterfall-row"
              aria-pressed={id === chosen}
              aria-label={`${name}: ${outcome}, after ${duration(offsetMs / 1000)}, for ${duration(durationMs / 1000)}`}
              onClick={() => onChoose(id)}
              data-tone={tone}
              data-class={tone === 'ok' || tone === 'none' ? undefined : tone}
            >
              <span className="waterfall-name" style={{ paddingLeft: `${Math.min(depth, MOST_INDENT) * 0.85}rem` }}>
                <span className="clip" title={name}>
                  {name}
                </span>
                <span className="dim clip">{note}</span>
              </span>
              <span className="waterfall-track">
                <span
                  className="waterfall-bar"
                  style={{ left: `${(offsetMs / end) * 100}%`, width: `${(durationMs / end) * 100}%` }}
                />
                <span
                  className="waterfall-took num"
                  data-side={(offsetMs + durationMs) / end > 0.8 ? 'before' : 'after'}
                  style={
                    (offsetMs + durationMs) / end > 0.8
                      ? { right: `${(1 - offsetMs / end) * 100}%` }
                      : { left: `${((offsetMs + durationMs) / end) * 100}%` }
                  }
                >
                  {duration(durationMs / 1000)}
                  {tone !== 'ok' && <strong> {outcome}</strong>}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  )
}

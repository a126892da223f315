import type { ReactNode } from 'react'

type Entry = {
  label: string
  color: string
  dash?: boolean
  hatched?: boolean
  area?: boolean
  /** Fill of an area in place of the colour: an address of one of the patterns. */
  fill?: string | undefined
}

/** Names of a chart's series, each with its line or fill. */
export function Legend({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul className="chart-legend">
      {entries.map(({ label, color, dash = false, hatched = false, area = false, fill }) => (
        <li key={label}>
          <svg width="18" height="10" aria-hidden="true">
            {area ? (
              <rect y="1" width="18" height="8" rx="1.5" fill={fill ?? (hatched ? 'url(#hatch-technical)' : color)} />
            ) : (
              <line x1="0" y1="5" x2="18" y2="5" stroke={color} strokeWidth="2.2" strokeDasharray={dash ? '4 3' : undefined} />
            )}
          </svg>
          {label}
        </li>
      ))}
    </ul>
  )
}

type Tip = { title: ReactNode; rows: readonly { name: string; value: ReactNode }[] }

/** A chart's tooltip: what is said of the point under the pointer. */
export function tipOf(describe: (point: never) => Tip): (state: { payload?: readonly { payload?: unknown }[] }) => ReactNode {
  return ({ payload }) => {
    const point = payload?.[0]?.payload
    return point === undefined ? null : <TipBox {...describe(point as never)} />
  }
}

function TipBox({ title, rows }: Tip) {
  return (
    <div className="chart-tip">
      <strong>{title}</strong>
      <dl>
        {rows.map(({ name, value }) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

const HATCHES = { soft: 'var(--data-soft)', bad: 'var(--bad)', accent: 'var(--accent)' } as const

/** The stripes that tell bars apart without colour. Once per page with charts. */
export function HatchPattern() {
  return (
    <svg width="0" height="0" aria-hidden="true" style={{ position: 'absolute' }}>
      <defs>
        <pattern id="hatch-technical" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" fill="var(--technical)" fillOpacity="0.32" />
          <rect width="3" height="6" fill="var(--technical)" />
        </pattern>
        {(['soft', 'bad', 'accent'] as const).map((name) => (
          <pattern
            key={name}
            id={`hatch-${name}`}
            width="5"
            height="5"
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <rect width="5" height="5" fill={HATCHES[name]} fillOpacity="0.22" />
            <rect width="2" height="5" fill={HATCHES[name]} />
          </pattern>
        ))}
      </defs>
    </svg>
  )
}

type Props = { values: readonly (number | null)[]; label: string; width?: number; height?: number; color?: string }

const PAD = 3

/** A line without axes: gaps where a value is undefined, a hollow dot on the last bucket, which is still running. */
export function Sparkline({ values, label, width = 116, height = 34, color = 'var(--data)' }: Props) {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return <svg width={width} height={height} role="img" aria-label={`${label}: too few values`} />
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const span = high - low || 1
  const x = (index: number): number => PAD + (index / Math.max(1, values.length - 1)) * (width - 2 * PAD)
  const y = (value: number): number => height - PAD - ((value - low) / span) * (height - 2 * PAD)
  let path = ''
  let open = false
  for (const [index, value] of values.entries()) {
    if (value !== null) path += `${open ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`
    open = value !== null
  }
  const lastIndex = values.findLastIndex((value) => value !== null)
  const last = values[lastIndex]
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} className="sparkline">
      <path d={path} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" strokeLinecap="round" />
      {typeof last === 'number' && (
        <circle cx={x(lastIndex)} cy={y(last)} r={2.4} fill="var(--panel)" stroke={color} strokeWidth={1.4} />
      )}
    </svg>
  )
}

import { count } from '../format.ts'
import type { ExceptionClass } from '../parts/classes.tsx'

type Row = { key: string; name: string; title?: string; value: number; note?: string }

type Props = {
  label: string
  rows: readonly Row[]
  of?: ExceptionClass
  chosen?: string | undefined
  onChoose?: (key: string) => void
}

/** Names with a value and a bar each, largest first; with `onChoose` they are toggles. */
export function BarList({ label, rows, of, chosen, onChoose }: Props) {
  const largest = Math.max(1, ...rows.map(({ value }) => value))
  return (
    <ul className="bar-list" aria-label={label} data-class={of}>
      {rows.map(({ key, name, title, value, note }) => {
        const content = (
          <>
            <span className="clip" title={title}>
              {name}
            </span>
            <span className="value">{count(value)}</span>
            {note !== undefined && <span className="note">{note}</span>}
            <span
              className="bar"
              data-hatched={of === 'technical' ? '' : undefined}
              style={{ width: `${(value / largest) * 100}%` }}
            />
          </>
        )
        return (
          <li key={key}>
            {onChoose === undefined ? (
              <div>{content}</div>
            ) : (
              <button type="button" aria-pressed={key === chosen} onClick={() => onChoose(key)}>
                {content}
              </button>
            )}
          </li>
        )
      })}
    </ul>
  )
}

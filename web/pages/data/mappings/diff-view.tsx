import { useMemo } from 'react'
import { hunks, lineDiff } from '../../../line-diff.ts'

/** How a text changed, with some lines round each change. */
export function DiffView({ former, present, label }: { former: string; present: string; label: string }) {
  const shown = useMemo(() => hunks(lineDiff(former, present)), [former, present])
  if (former === present) return <p className="dim">No difference.</p>
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reachable by keyboard
    <pre className="diff" tabIndex={0} aria-label={label}>
      {shown.map((line, index) =>
        line === null ? (
          // oxlint-disable-next-line react/no-array-index-key -- lines have no identity but their place
          <span key={index} className="dim">
            {'  ⋯\n'}
          </span>
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} data-kind={line.kind}>
            {`${{ same: ' ', gone: '−', new: '+' }[line.kind]} ${line.text}\n`}
          </span>
        ),
      )}
    </pre>
  )
}
